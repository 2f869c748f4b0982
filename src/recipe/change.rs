//! A recipe with some fields replaced, by name: what a search varies.

use serde_json::{Map, Value};

use super::{FIELDS, Field, FieldKind, Method, Recipe};
use crate::error::{Error, Result};
use crate::task::Task;

impl Recipe {
    /// This recipe with some fields replaced.
    ///
    /// # Errors
    ///
    /// A name that no field has, or a value that is not of its field's kind. Ranges are left to [`Recipe::check`].
    pub fn with(&self, changes: &Map<String, Value>) -> Result<Self> {
        for (name, value) in changes {
            Field::named(name)?.takes(value)?;
        }
        let mut fields = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = fields.as_object_mut() {
            fields.extend(changes.clone());
        }
        serde_json::from_value(fields).map_err(|error| Error::recipe("", error.to_string()))
    }

    /// The value of a field as it stands in JSON; null for a name that no field has.
    pub fn value(&self, name: &str) -> Value {
        serde_json::to_value(self).map_or(Value::Null, |mut fields| fields[name].take())
    }
}

impl Field {
    /// The field of this name.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn named(name: &str) -> Result<&'static Self> {
        let found = FIELDS.iter().find(|field| field.name == name);
        found.ok_or_else(|| Error::recipe(name, format!("There is no hyperparameter named \u{201c}{name}\u{201d}.")))
    }

    /// Whether the field has a part in what this method does for this task.
    pub fn is_used_by(&self, method: Method, task: Task) -> bool {
        (self.methods.is_empty() || self.methods.contains(&method))
            && (self.tasks.is_empty() || self.tasks.contains(&task))
    }

    /// Whether the field holds a number.
    pub fn is_number(&self) -> bool {
        matches!(self.kind, FieldKind::Integer { .. } | FieldKind::Number { .. })
    }

    /// Checks that a value is of the field's kind.
    fn takes(&self, value: &Value) -> Result<()> {
        let (fits, expected) = match self.kind {
            FieldKind::Integer { optional, .. } => {
                (value.is_u64() || (optional && value.is_null()), "whole numbers".to_owned())
            }
            FieldKind::Number { .. } => (value.is_number(), "numbers".to_owned()),
            FieldKind::Switch => (value.is_boolean(), "true and false".to_owned()),
            FieldKind::Choice { choices } => {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                (value.as_str().is_some_and(|word| words.contains(&word)), words.join(", "))
            }
        };
        if fits {
            Ok(())
        } else {
            Err(Error::recipe(self.name, format!("{} takes {expected}; this is {value}.", self.label)))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(changes: Value) -> Result<Recipe> {
        Recipe::default().with(changes.as_object().expect("an object"))
    }

    #[test]
    fn fields_are_replaced_by_name() {
        let recipe =
            changed(json!({"epochs": 7, "schedule": "cosine", "max_length": 64, "dropout": 0})).expect("a recipe");
        assert_eq!((recipe.epochs, recipe.max_length, recipe.dropout), (7, Some(64), 0.0));
        assert_eq!((recipe.value("schedule"), recipe.value("height")), (json!("cosine"), Value::Null));
        assert_eq!(recipe.batch_size, Recipe::default().batch_size);
    }

    #[test]
    fn what_is_not_of_a_fields_kind_is_refused_by_name() {
        for (changes, words) in [
            (json!({"height": 1}), "no hyperparameter named \u{201c}height\u{201d}"),
            (json!({"epochs": 1.5}), "Epochs takes whole numbers; this is 1.5."),
            (json!({"epochs": null}), "whole numbers"),
            (json!({"keep_best": "yes"}), "true and false"),
            (json!({"schedule": "zigzag"}), "linear, cosine, constant"),
            (json!({"learning_rate": "fast"}), "numbers"),
        ] {
            let error = changed(changes).expect_err("a mistake");
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn fields_belong_to_methods_and_tasks() {
        let used = |name, method, task| Field::named(name).expect("a field").is_used_by(method, task);
        assert!(used("epochs", Method::Lora, Task::Tokens) && !used("epochs", Method::Frozen, Task::Tokens));
        assert!(used("seed", Method::Probe, Task::Tokens) && !used("seed", Method::Frozen, Task::Tokens));
        assert!(used("max_length", Method::Frozen, Task::Tokens));
        assert!(!used("contrastive_loss", Method::Full, Task::Classification));
    }
}
