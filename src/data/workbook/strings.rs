//! The texts of a workbook's cells, which the sheets refer to by number.

use std::io::BufRead;
use std::ops::ControlFlow;

use super::xml::{self, Node};
use crate::data::lines::MAX_CELL;
use crate::error::{Error, Result};

/// Texts one after the other.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    /// The texts of a part; they may take `room` bytes.
    ///
    /// # Errors
    ///
    /// Damaged XML, and more texts than there is room for.
    pub fn read(part: impl BufRead, name: &str, room: usize) -> Result<Self> {
        let mut strings = Self::default();
        let mut now = TextOf::new("si");
        xml::walk(part, name, |node| {
            if let Some(text) = now.add(node)? {
                strings.text.push_str(&text);
                strings.ends.push(strings.text.len());
            }
            if strings.bytes() > room {
                return Err(Error::table(
                    "The workbook has more text than a tab's memory has room for. Keep only the columns that are needed, or \
                     split it.",
                ));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(strings)
    }

    /// Bytes of memory that they take.
    pub fn bytes(&self) -> usize {
        self.text.len() + size_of::<usize>() * self.ends.len()
    }

    /// The text of this number, counted from 0.
    pub fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        Some(&self.text[start..end])
    }
}

/// The text of an element that may be cut into runs of different fonts, and may say how it is spoken beside.
#[derive(Debug)]
pub(super) struct TextOf {
    element: &'static str,
    text: String,
    inside: bool,
    reads: bool,
    spoken: bool,
}

impl TextOf {
    /// Of the element of this name.
    pub fn new(element: &'static str) -> Self {
        Self { element, text: String::new(), inside: false, reads: false, spoken: false }
    }

    /// Takes the next piece and gives the text where the element ends.
    ///
    /// # Errors
    ///
    /// A text over 1 MiB.
    pub fn add(&mut self, node: Node) -> Result<Option<String>> {
        match node {
            Node::Start(element) => match element.name() {
                name if name == self.element => self.inside = true,
                "t" => self.reads = self.inside && !self.spoken,
                "rPh" => self.spoken = true,
                _ => {}
            },
            Node::Text(text) if self.reads => append(&mut self.text, &text)?,
            Node::Text(_) => {}
            Node::End("t") => self.reads = false,
            Node::End("rPh") => self.spoken = false,
            Node::End(name) if name == self.element => {
                self.inside = false;
                return Ok(Some(unescape(std::mem::take(&mut self.text))));
            }
            Node::End(_) => {}
        }
        Ok(None)
    }
}

/// Adds to the text of a cell, which may come in any number of pieces.
///
/// # Errors
///
/// A text over 1 MiB.
pub(super) fn append(text: &mut String, piece: &str) -> Result<()> {
    if text.len() + piece.len() > MAX_CELL {
        return Err(Error::table("A cell of the workbook has more than 1 MiB of text. Shorten it, or leave it out."));
    }
    text.push_str(piece);
    Ok(())
}

/// Characters that XML has no way to write stand as `_x000D_`, and an underscore before such letters as `_x005F_` (ECMA-376,
/// part 1, 22.4.2.4).
pub(super) fn unescape(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let digits = escape.get(2..6).filter(|_| escape.as_bytes().get(6) == Some(&b'_'));
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?)) {
            Some(letter) => {
                plain.push(letter);
                rest = &escape[7..];
            }
            None => {
                plain.push_str("_x");
                rest = &escape[2..];
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_put_together_from_runs_without_how_they_are_spoken() {
        let xml = "<sst count=\"4000000000\"><si><t>one</t></si><si><r><rPr><b/></rPr><t>t</t></r><r><t xml:space=\"preserve\">w o</t></r></si>\
                   <si/><si><t>東京</t><rPh sb=\"0\" eb=\"2\"><t>トウキョウ</t></rPh></si><si><t>a&lt;b_x000D_</t></si></sst>";
        let strings = Strings::read(xml.as_bytes(), "strings", 1000).unwrap();
        let texts: Vec<_> = (0..6).map(|number| strings.get(number)).collect();
        assert_eq!(texts, [Some("one"), Some("tw o"), Some(""), Some("東京"), Some("a<b\r"), None]);
        let mistake = Strings::read(xml.as_bytes(), "strings", 20).unwrap_err();
        assert!(mistake.to_string().contains("more text"));
        let long = format!("<sst><si>{}</si></sst>", format!("<t>{}</t>", "x".repeat(MAX_CELL / 2)).repeat(3));
        let mistake = Strings::read(long.as_bytes(), "strings", usize::MAX).unwrap_err();
        assert!(mistake.to_string().contains("1 MiB"));
    }

    #[test]
    fn escapes_are_undone_and_what_only_looks_like_one_is_left() {
        for (escaped, plain) in [
            ("_x000D_\n", "\r\n"),
            ("_x005F_x000D_", "_x000D_"),
            ("a_xb_x00e9_", "a_xbé"),
            ("_x00_", "_x00_"),
            ("_xD800_", "_xD800_"),
            ("_x+123_", "_x+123_"),
            ("_x00é_", "_x00é_"),
            ("_x000", "_x000"),
        ] {
            assert_eq!(unescape(escaped.to_owned()), plain);
        }
    }
}
