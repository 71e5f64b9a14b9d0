//! Tokens as an expression, by recursive descent.

use super::lexer::{Placed, Token, error_at, tokens};
use super::{Comparison, Expression, Number, Query, Text, Value};
use crate::domain::Attribute;
use crate::error::Result;

/// How deep parentheses and `not` may nest.
const DEEPEST: usize = 100;
/// The fields beside the measures.
pub(super) const FIELDS: [&str; 12] = [
    "score",
    "label",
    "uncertainty",
    "disagreement",
    "name",
    "path",
    "group",
    "format",
    "error",
    "missing",
    "width",
    "height",
];

/// Reads a filter; empty text lets everything pass.
///
/// # Errors
/// [`crate::error::Code::Usage`] saying what is wrong and where.
pub fn parse(text: &str) -> Result<Query> {
    read(text).map(|(query, _)| query)
}

/// The conditions of a filter that are joined by `and`, as they are written: what can be taken out one by one. A filter
/// that is an `or` is one condition.
///
/// # Errors
/// As [`parse`].
pub fn parts(text: &str) -> Result<Vec<std::ops::Range<usize>>> {
    let (query, terms) = read(text)?;
    let whole = text.len() - text.trim_start().len()..text.trim_end().len();
    Ok(match query.0 {
        None => Vec::new(),
        Some(Expression::Any(_)) => vec![whole],
        Some(_) => terms,
    })
}

/// Whether a filter is an `or` at its outermost.
pub fn is_either(text: &str) -> bool {
    read(text).is_ok_and(|(query, _)| matches!(query.0, Some(Expression::Any(_))))
}

/// The query and where the conditions of its outermost `and` stand.
fn read(text: &str) -> Result<(Query, Vec<std::ops::Range<usize>>)> {
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, depth: 0, terms: Vec::new() };
    if parser.tokens.is_empty() {
        return Ok((Query(None), Vec::new()));
    }
    let expression = parser.any()?;
    match parser.tokens.get(parser.next) {
        None => Ok((Query(Some(expression)), parser.terms)),
        Some(_) => Err(parser.wrong("there is a “)” too many")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
    terms: Vec<std::ops::Range<usize>>,
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

    /// Where the token at a place starts; the end of the text after the last.
    fn start_of(&self, place: usize) -> usize {
        self.tokens.get(place).map_or(self.text.len(), |(_, at)| *at)
    }

    fn term(&mut self) -> Result<Expression> {
        let from = self.start_of(self.next);
        let term = self.nested_term()?;
        if self.depth == 0 {
            let written = &self.text[from..self.start_of(self.next)];
            self.terms.push(from..from + written.trim_end().len());
        }
        Ok(term)
    }

    fn nested_term(&mut self) -> Result<Expression> {
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
            "score" => self.number(Number::Score),
            "uncertainty" => self.number(Number::Uncertainty),
            "label" => self.number(Number::Label),
            "disagreement" => self.number(Number::Disagreement),
            "width" => self.number(Number::Width),
            "height" => self.number(Number::Height),
            "name" => self.words(Text::Name),
            "path" => self.words(Text::Path),
            "group" => self.words(Text::Group),
            "format" => self.words(Text::Format),
            "error" => self.state(Expression::Error),
            "missing" => self.state(Expression::Missing),
            name if matches!(self.peek(), Some(Token::Colon | Token::Compare(_))) => match Attribute::from_name(name) {
                Some(attribute) => self.number(Number::Measure(attribute)),
                None => {
                    self.next = start;
                    let fields = format!("Fields are {}, and every measure, such as sharpness.", FIELDS.join(", "));
                    Err(self.wrong(&format!("there is no field “{name}”")).hint(fields))
                }
            },
            name => Ok(Expression::Contains(Text::Name, name.to_owned())),
        }
    }

    fn number(&mut self, number: Number) -> Result<Expression> {
        let operator = self.peek().cloned();
        let comparison = match operator {
            Some(Token::Compare(comparison)) => comparison,
            Some(Token::Colon) => Comparison::Equal,
            _ => return Err(self.wrong("an operator is missing (one of < <= > >= = !=)")),
        };
        self.next += 1;
        if operator == Some(Token::Colon) && !matches!(number, Number::Width | Number::Height) {
            let has = Expression::Has(Value::Number(number));
            if self.take_keyword("none") {
                return Ok(Expression::Not(Box::new(has)));
            }
            if self.take_keyword("any") {
                return Ok(has);
            }
        }
        let limit = match self.peek() {
            Some(Token::Word(word)) => limit(word),
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

/// A number; `85%` is 0.85.
fn limit(word: &str) -> Option<f64> {
    let (digits, divisor) = word.strip_suffix('%').map_or((word, 1.0), |digits| (digits, 100.0));
    digits.parse().ok().filter(|limit: &f64| limit.is_finite()).map(|limit| limit / divisor)
}

fn is_keyword(word: &str) -> bool {
    ["and", "or", "not"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}
