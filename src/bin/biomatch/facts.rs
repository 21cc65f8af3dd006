//! Facts about a file, for people and for machines from one source.

use std::fmt;

use biomatch::escape::Escaped;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Named facts, in the order to be printed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts(Vec<(&'static str, Fact)>);

/// One fact.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    Text(String),
    Count(u64),
    Number(f64),
    Texts(Vec<String>),
    Parts(Vec<Facts>),
}

impl Facts {
    /// With one more fact.
    pub(crate) fn with(mut self, name: &'static str, fact: impl Into<Fact>) -> Self {
        self.0.push((name, fact.into()));
        self
    }

    /// With one more fact if it is known.
    pub(crate) fn with_some(self, name: &'static str, fact: Option<impl Into<Fact>>) -> Self {
        match fact {
            Some(fact) => self.with(name, fact),
            None => self,
        }
    }

    /// With all facts of another.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result {
        for (name, fact) in &self.0 {
            let name = name.replace('_', " ");
            write!(f, "{:indent$}{name}:", "")?;
            match fact {
                Fact::Text(text) => writeln!(f, " {}", Escaped::new(text))?,
                Fact::Count(count) => writeln!(f, " {count}")?,
                Fact::Number(number) => writeln!(f, " {number}")?,
                Fact::Texts(texts) => {
                    writeln!(f)?;
                    texts
                        .iter()
                        .try_for_each(|text| writeln!(f, "{:indent$}  {}", "", Escaped::new(text)))?;
                }
                Fact::Parts(parts) => {
                    writeln!(f, " {}", parts.len())?;
                    for (number, part) in parts.iter().enumerate() {
                        writeln!(f, "{:indent$}  [{number}]", "")?;
                        part.write(f, indent + 4)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// One fact per line, `name: value`, parts indented.
impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, fact) in &self.0 {
            map.serialize_entry(name, fact)?;
        }
        map.end()
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Count(count) => count.serialize(serializer),
            Self::Number(number) => number.serialize(serializer),
            Self::Texts(texts) => texts.serialize(serializer),
            Self::Parts(parts) => parts.serialize(serializer),
        }
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Fact {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Fact {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<f64> for Fact {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<String>> for Fact {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl From<Vec<Facts>> for Fact {
    fn from(parts: Vec<Facts>) -> Self {
        Self::Parts(parts)
    }
}
