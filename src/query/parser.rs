//! Tokens as an expression, by recursive descent.

use super::lexer::{Placed, Token, error_at, tokens};
use super::{Comparison, Expression, Number, Query, Text, Value};
use crate::error::Result;

/// How deep parentheses and `not` may nest.
const DEEPEST: usize = 100;
const FIELDS: &str = "score, label, width, height, name, group, error and missing";

/// Reads a filter; empty text lets everything pass.
///
/// # Errors
/// [`crate::error::Code::Usage`] saying what is wrong and where.
pub fn parse(text: &str) -> Result<Query> {
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Ok(Query(None));
    }
    let expression = parser.any()?;
    match parser.tokens.get(parser.next) {
        None => Ok(Query(Some(expression))),
        Some(_) => Err(parser.wrong("there is a “)” too many")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += usize::from(token.is_some());
        token
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.next += usize::from(found);
        found
    }

    /// An error at the next token.
    fn wrong(&self, what: &str) -> crate::Error {
        error_at(self.text, self.tokens.get(self.next).map_or(self.text.len(), |(_, at)| *at), what)
    }

    fn any(&mut self) -> Result<Expression> {
        let mut parts = vec![self.all()?];
        while self.take_keyword("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self) -> Result<Expression> {
        let mut parts = vec![self.term()?];
        loop {
            let joined = self.take_keyword("and");
            let ends = match self.peek() {
                None | Some(Token::Close) => true,
                Some(Token::Word(word)) => word.eq_ignore_ascii_case("or"),
                _ => false,
            };
            if ends && !joined {
                return Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) });
            }
            parts.push(self.term()?);
        }
    }

    fn term(&mut self) -> Result<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("parentheses nest too deep"));
        }
        let term = if self.take_keyword("not") {
            Expression::Not(Box::new(self.term()?))
        } else if self.peek() == Some(&Token::Open) {
            self.next += 1;
            let inside = self.any()?;
            if self.take() != Some(Token::Close) {
                self.next = self.tokens.len();
                return Err(self.wrong("a “(” is never closed"));
            }
            inside
        } else {
            self.condition()?
        };
        self.depth -= 1;
        Ok(term)
    }

    fn condition(&mut self) -> Result<Expression> {
        let start = self.next;
        let word = match self.take() {
            Some(Token::Quoted(words)) => return Ok(Expression::Contains(Text::Name, words.to_lowercase())),
            Some(Token::Word(word)) if !is_keyword(&word) => word,
            _ => {
                self.next = start;
                return Err(self.wrong("a condition such as score<40 is missing"));
            }
        };
        match word.to_ascii_lowercase().as_str() {
            "score" => self.number(Number::Score, Some(Value::Score)),
            "label" => self.number(Number::Label, Some(Value::Label)),
            "width" => self.number(Number::Width, None),
            "height" => self.number(Number::Height, None),
            "name" => self.words(Text::Name),
            "group" => self.words(Text::Group),
            "error" => self.state(Expression::Error),
            "missing" => self.state(Expression::Missing),
            name if matches!(self.peek(), Some(Token::Colon | Token::Compare(_))) => {
                self.next = start;
                Err(self.wrong(&format!("there is no field “{name}”")).hint(format!("Fields are {FIELDS}.")))
            }
            name => Ok(Expression::Contains(Text::Name, name.to_owned())),
        }
    }

    fn number(&mut self, number: Number, value: Option<Value>) -> Result<Expression> {
        let operator = self.peek().cloned();
        let comparison = match operator {
            Some(Token::Compare(comparison)) => comparison,
            Some(Token::Colon) => Comparison::Equal,
            _ => return Err(self.wrong("an operator is missing (one of < <= > >= = !=)")),
        };
        self.next += 1;
        if let (Some(Token::Colon), Some(value)) = (operator, value) {
            if self.take_keyword("none") {
                return Ok(Expression::Not(Box::new(Expression::Has(value))));
            }
            if self.take_keyword("any") {
                return Ok(Expression::Has(value));
            }
        }
        let limit = match self.peek() {
            Some(Token::Word(word)) => word.parse().ok().filter(|limit: &f64| limit.is_finite()),
            _ => None,
        };
        let limit = limit.ok_or_else(|| self.wrong("a number is missing"))?;
        self.next += 1;
        Ok(Expression::Compare(number, comparison, limit))
    }

    fn words(&mut self, text: Text) -> Result<Expression> {
        let operator = self.peek().cloned();
        if !matches!(operator, Some(Token::Colon | Token::Compare(Comparison::Equal | Comparison::NotEqual))) {
            return Err(self.wrong("an operator is missing (: for contains, = or !=)"));
        }
        self.next += 1;
        if operator == Some(Token::Colon) && text == Text::Group {
            if self.take_keyword("none") {
                return Ok(Expression::Not(Box::new(Expression::Has(Value::Group))));
            }
            if self.take_keyword("any") {
                return Ok(Expression::Has(Value::Group));
            }
        }
        let wanted = match self.peek() {
            Some(Token::Word(words) | Token::Quoted(words)) => words.to_lowercase(),
            _ => return Err(self.wrong("a word, or words in quotes, are missing")),
        };
        self.next += 1;
        Ok(match operator {
            Some(Token::Colon) => Expression::Contains(text, wanted),
            Some(Token::Compare(Comparison::NotEqual)) => {
                // Beside `not`, so that a photo without a group meets neither `=` nor `!=`.
                let has = if text == Text::Group { vec![Expression::Has(Value::Group)] } else { Vec::new() };
                let differs = Expression::Not(Box::new(Expression::Equals(text, wanted)));
                Expression::All(has.into_iter().chain([differs]).collect())
            }
            _ => Expression::Equals(text, wanted),
        })
    }

    fn state(&mut self, state: Expression) -> Result<Expression> {
        match self.peek() {
            Some(Token::Colon | Token::Compare(Comparison::Equal)) => self.next += 1,
            Some(Token::Compare(_)) => return Err(self.wrong("error and missing only know :yes and :no")),
            _ => return Ok(state),
        }
        if self.take_keyword("yes") {
            Ok(state)
        } else if self.take_keyword("no") {
            Ok(Expression::Not(Box::new(state)))
        } else {
            Err(self.wrong("yes or no is missing"))
        }
    }
}

fn is_keyword(word: &str) -> bool {
    ["and", "or", "not"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}
