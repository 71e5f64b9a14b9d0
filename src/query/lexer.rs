//! A filter's text as words, quoted words, operators and parentheses.

use super::Comparison;
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Quoted(String),
    Compare(Comparison),
    Colon,
    Open,
    Close,
}

/// A token and where it starts, as a byte offset.
pub(super) type Placed = (Token, usize);

/// The error at a byte offset of the text: the place in words and as a character number.
pub(super) fn error_at(text: &str, at: usize, what: &str) -> Error {
    let before = text.get(..at).unwrap_or(text);
    let number = before.chars().count() + 1;
    let place = match before.trim_end() {
        "" => "at the start".to_owned(),
        before => {
            let tail: Vec<char> = before.chars().rev().take(20).collect();
            format!("after “{}”", tail.into_iter().rev().collect::<String>().trim_start())
        }
    };
    Error::usage(format!("filter: {what} {place} (character {number})"))
}

/// Splits the text.
///
/// # Errors
/// For an open quote or a lone `!`.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, first)) = rest.next() {
        let mut then_equals = || rest.next_if(|(_, next)| *next == '=').is_some();
        let token = match first {
            blank if blank.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ':' => Token::Colon,
            '=' => {
                then_equals();
                Token::Compare(Comparison::Equal)
            }
            '<' if then_equals() => Token::Compare(Comparison::LessOrEqual),
            '<' => Token::Compare(Comparison::Less),
            '>' if then_equals() => Token::Compare(Comparison::GreaterOrEqual),
            '>' => Token::Compare(Comparison::Greater),
            '!' if then_equals() => Token::Compare(Comparison::NotEqual),
            '!' => return Err(error_at(text, at, "“!” needs “=” (write not for the opposite)")),
            '"' => {
                let (inside, _) = text[at + 1..]
                    .split_once('"')
                    .ok_or_else(|| error_at(text, at, "a quote is opened and never closed"))?;
                let end = at + 1 + inside.len();
                while rest.next_if(|(next, _)| *next <= end).is_some() {}
                Token::Quoted(inside.to_owned())
            }
            _ => {
                let mut end = at + first.len_utf8();
                while let Some((next, letter)) = rest.next_if(|(_, letter)| is_word(*letter)) {
                    end = next + letter.len_utf8();
                }
                Token::Word(text[at..end].to_owned())
            }
        };
        tokens.push((token, at));
    }
    Ok(tokens)
}

fn is_word(letter: char) -> bool {
    !letter.is_whitespace() && !matches!(letter, '(' | ')' | ':' | '=' | '<' | '>' | '!' | '"')
}
