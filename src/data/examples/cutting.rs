//! A plain text → its words, as texts with marked spans are cut for token labels.

/// Scripts that put no spaces between words: each character is a word of its own, so that a span can hold some of them.
const SPACELESS: &[(char, char)] = &[
    ('\u{0E00}', '\u{0EFF}'),   // Thai, Lao
    ('\u{1000}', '\u{109F}'),   // Myanmar
    ('\u{1780}', '\u{17FF}'),   // Khmer
    ('\u{3040}', '\u{30FF}'),   // Hiragana, Katakana
    ('\u{31F0}', '\u{31FF}'),   // Katakana
    ('\u{3400}', '\u{4DBF}'),   // Han
    ('\u{4E00}', '\u{9FFF}'),   // Han
    ('\u{F900}', '\u{FAFF}'),   // Han
    ('\u{20000}', '\u{323AF}'), // Han
];

/// Marks that belong to the letter before them although Unicode does not count them as alphabetic.
const MARKS: &[(char, char)] = &[
    ('\u{0300}', '\u{036F}'), // accents in decomposed text
    ('\u{0591}', '\u{05C7}'), // Hebrew points
    ('\u{064B}', '\u{065F}'), // Arabic vowels
    ('\u{0E31}', '\u{0E31}'), // Thai vowel above
    ('\u{0E34}', '\u{0E3A}'), // Thai vowels above and below
    ('\u{0E47}', '\u{0E4E}'), // Thai tones
    ('\u{0EB1}', '\u{0EB1}'), // Lao vowel above
    ('\u{0EB4}', '\u{0EBC}'), // Lao vowels above and below
    ('\u{0EC8}', '\u{0ECE}'), // Lao tones
    ('\u{102B}', '\u{103E}'), // Myanmar vowels and medials
    ('\u{17B4}', '\u{17D3}'), // Khmer vowels and signs
    ('\u{1AB0}', '\u{1AFF}'), // accents
    ('\u{1DC0}', '\u{1DFF}'), // accents
    ('\u{200C}', '\u{200D}'), // joiners of Indic and Arabic script
    ('\u{20D0}', '\u{20FF}'), // marks of symbols
    ('\u{FE00}', '\u{FE0F}'), // variation selectors
    ('\u{FE20}', '\u{FE2F}'), // half marks
];

/// Where each word of a text starts and ends, in characters (Unicode scalar values).
///
/// A run of letters and digits is a word, and so is every other character that is no white space. In scripts that
/// write no spaces between words, such as Chinese, each letter is a word.
pub fn cut_words(text: &str) -> Vec<(u32, u32)> {
    let mut words: Vec<(u32, u32)> = Vec::new();
    // Whether the word before may grow by a letter.
    let mut open = false;
    for (at, letter) in (0_u32..).zip(text.chars()) {
        let joined = words.last().is_some_and(|&(_, end)| end == at);
        let letter_like = letter.is_alphanumeric() && !within(letter, SPACELESS);
        if joined && (is_mark(letter) || (open && letter_like)) {
            if let Some(word) = words.last_mut() {
                word.1 = at + 1;
            }
            continue;
        }
        open = letter_like;
        if !letter.is_whitespace() {
            words.push((at, at + 1));
        }
    }
    words
}

fn is_mark(letter: char) -> bool {
    // Nukta and virama have the same place in every block of the Indic scripts.
    let indic = ('\u{0900}'..='\u{0DFF}').contains(&letter) && matches!(letter as u32 & 0x7F, 0x3C | 0x4D);
    indic || within(letter, MARKS)
}

fn within(letter: char, ranges: &[(char, char)]) -> bool {
    letter >= ranges[0].0 && ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        cut_words(text).into_iter().map(|(start, end)| letters[start as usize..end as usize].iter().collect()).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_each_other_character() {
        assert_eq!(
            cut("Dr. Meier-Lüdenscheidt's  3.5%\n(2024)"),
            ["Dr", ".", "Meier", "-", "Lüdenscheidt", "'", "s", "3", ".", "5", "%", "(", "2024", ")"]
        );
        assert_eq!(cut("  "), [] as [&str; 0]);
        assert_eq!(cut("a\u{a0}b👍🏽c"), ["a", "b", "👍", "🏽", "c"]);
        assert_eq!(cut_words("größer, 👍x"), [(0, 6), (6, 7), (8, 9), (9, 10)]);
    }

    #[test]
    fn marks_stay_with_their_letter() {
        assert_eq!(cut("Cafe\u{301} au lait"), ["Cafe\u{301}", "au", "lait"]);
        assert_eq!(cut("हिन्दी में"), ["हिन्दी", "में"]);
        assert_eq!(cut("مُحَمَّد هنا"), ["مُحَمَّد", "هنا"]);
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_letters() {
        assert_eq!(cut("王小明在Google工作。"), ["王", "小", "明", "在", "Google", "工", "作", "。"]);
        assert_eq!(cut("東京タワー"), ["東", "京", "タ", "ワ", "ー"]);
        assert_eq!(cut("ที่"), ["ที่"]);
    }
}
