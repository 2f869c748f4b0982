//! The spellings of a name that files are met with.

use crate::model::Family;

/// The name under which a family's table knows a tensor of a file: with the prefix that files of a bare encoder leave
/// out, and with `weight` and `bias` where old checkpoints say `gamma` and `beta`.
///
/// `known` says whether the table has a name; what it has under none of its spellings keeps its own.
pub fn canonical(in_file: &str, family: &Family, known: impl Fn(&str) -> bool) -> String {
    let name = modern(in_file);
    let prefixed = format!("{}.{name}", family.prefix);
    if !known(&name) && (known(&prefixed) || is_buffer(&prefixed)) { prefixed } else { name }
}

fn modern(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("LayerNorm.gamma") {
        return format!("{stem}LayerNorm.weight");
    }
    match name.strip_suffix("LayerNorm.beta") {
        Some(stem) => format!("{stem}LayerNorm.bias"),
        None => name.to_owned(),
    }
}

/// Whether a tensor is a constant that transformers computes itself and files may carry or not.
pub fn is_buffer(name: &str) -> bool {
    name.ends_with("embeddings.position_ids") || name.ends_with("embeddings.token_type_ids")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FAMILIES;

    #[test]
    fn every_spelling_of_a_name_is_known() {
        let expected = "bert.encoder.layer.0.output.LayerNorm.weight";
        let known = |name: &str| [expected, "classifier.bias", "bert.pooler.dense.weight"].contains(&name);
        let canonical = |name: &str| canonical(name, &FAMILIES[0], known);
        for spelling in [
            "encoder.layer.0.output.LayerNorm.weight",
            "encoder.layer.0.output.LayerNorm.gamma",
            "bert.encoder.layer.0.output.LayerNorm.gamma",
            expected,
        ] {
            assert_eq!(canonical(spelling), expected);
        }
        assert_eq!(canonical("classifier.bias"), "classifier.bias");
        assert_eq!(canonical("pooler.dense.weight"), "bert.pooler.dense.weight");
        assert_eq!(canonical("something.else"), "something.else");
    }
}
