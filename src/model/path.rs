//! Where a walk over a module tree is.

/// The path of modules from the model down, as the name tables write it.
#[derive(Debug, Default)]
pub struct ModulePath {
    /// `None` for the variants of enums, which are no level of their own.
    parts: Vec<Option<String>>,
}

impl ModulePath {
    /// Goes into a module; to be called from `enter_module` of burn's visitors with what they are given.
    pub fn enter(&mut self, name: &str, container: &str) {
        self.parts.push((!container.starts_with("Enum:")).then(|| name.to_owned()));
    }

    /// Comes out of it again.
    pub fn exit(&mut self) {
        self.parts.pop();
    }

    /// The path with dots, `encoder.layers.0.query.weight` for one.
    pub fn dotted(&self) -> String {
        self.parts.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".")
    }
}
