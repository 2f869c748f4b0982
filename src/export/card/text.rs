//! Text of users inside YAML and Markdown: it is shown as it is and never read as either.

/// Longest text that is shown, in characters; a longer one is cut.
const LONGEST: usize = 120;

/// A double-quoted YAML string, which is a JSON string as well. All that YAML does not take as it is, and all that turns
/// the direction of text or has no width, is escaped.
pub(super) fn yaml(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() || is_invisible(letter) => quoted.push_str(&format!("\\u{:04x}", letter as u32)),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Text within a line of Markdown, a heading or a cell of a table: all that could mean something there is escaped, white
/// space is one space, and what cannot be seen becomes �.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::new();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    for letter in letters.by_ref().take(LONGEST) {
        match letter {
            // Left alone is what nowhere within a line means anything, so that ordinary text stays readable.
            '-' | ',' | ';' | '/' | '(' | ')' | '\'' | '%' | '=' | '?' => escaped.push(letter),
            _ if letter.is_ascii_punctuation() => escaped.extend(['\\', letter]),
            _ if letter.is_control() || is_invisible(letter) => escaped.push(char::REPLACEMENT_CHARACTER),
            _ => escaped.push(letter),
        }
    }
    if letters.next().is_some() {
        escaped.push('…');
    }
    if escaped.is_empty() { "(empty)".to_owned() } else { escaped }
}

/// The name of a repository on the hub, `owner/name`, as its rules have it; `None` for all else, such as a folder's name.
pub(in crate::export) fn hub_id(name: &str) -> Option<&str> {
    let (owner, model) = name.split_once('/')?;
    let fits = |part: &str| {
        let ends = [part.chars().next(), part.chars().last()];
        (1..=96).contains(&part.len())
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
            && !ends.iter().flatten().any(|letter| matches!(letter, '-' | '.'))
            && !part.contains("--")
            && !part.contains("..")
    };
    (fits(owner) && fits(model) && !model.ends_with(".git")).then_some(name)
}

/// Marks that turn the direction of text, separators of lines, characters without width or meaning.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_users_means_nothing_in_yaml() {
        assert_eq!(yaml("a: \"b\" \\ # c"), r##""a: \"b\" \\ # c""##);
        assert_eq!(yaml("x\n---\n\u{85}\u{2028}\u{202E}é🍐"), "\"x\\u000a---\\u000a\\u0085\\u2028\\u202eé🍐\"");
        for text in ["", "\u{7f}", "tab\t", "null", "- 1", "'"] {
            let read: String = serde_json::from_str(&yaml(text)).expect("a JSON string");
            assert_eq!(read, text);
        }
    }

    #[test]
    fn text_of_users_means_nothing_in_markdown() {
        assert_eq!(markdown("a|b <b>x</b> [l](u) `c` *d* _e_"), r"a\|b \<b\>x\</b\> \[l\](u) \`c\` \*d\* \_e\_");
        assert_eq!(markdown("x\r\n# y\u{202E}"), "x \\# y\u{FFFD}");
        assert_eq!(markdown("https://a.b $x$ @me"), r"https\://a\.b \$x\$ \@me");
        assert_eq!(markdown(" \n"), "(empty)");
        assert_eq!(markdown(&"é".repeat(200)).chars().count(), 121);
    }

    #[test]
    fn only_names_of_the_hub_are_taken_for_such() {
        let long = format!("a/{}", "b".repeat(97));
        for name in ["sentence-transformers/all-MiniLM-L6-v2", "BAAI/bge-small-en-v1.5", "a/b_c"] {
            assert_eq!(hub_id(name), Some(name));
        }
        for name in ["tiny", "", "/", "a/", "a/b/c", "-a/b", "a/b.", "a/b--c", "a/..", "../b", "a/b c", "a/b\n", &long]
        {
            assert_eq!(hub_id(name), None, "{name}");
        }
    }
}
