//! The one error type: what went wrong, where, and what the user can do about it.
//!
//! Every message is a whole sentence (or two) that names the place and the remedy, since it is shown to the
//! user as it stands, in the page and on the terminal.

use std::fmt;

/// The result of everything in this crate that can fail because of outside input.
pub type Result<T> = std::result::Result<T, Error>;

/// What a user can cause to go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A table file cannot be read, or its rows cannot be used.
    Table {
        /// Line in the file, counted from 1, where one is known.
        line: Option<u64>,
        /// Column name, where the mistake is in one.
        column: Option<String>,
        /// Sentence with the mistake and its remedy.
        message: String,
    },
    /// `config.json` or the tokenizer cannot be used.
    Model {
        /// Name of the file that is at fault.
        file: String,
        /// Sentence with the mistake and its remedy.
        message: String,
    },
    /// A tensor of a weights file is missing, misplaced or of the wrong shape.
    Tensor {
        /// The tensor's name in the file.
        name: String,
        /// Sentence with the expected and the found shape, or the lie in the header.
        message: String,
    },
    /// A hyperparameter is outside its range.
    Recipe {
        /// The field's name in [`crate::Recipe`].
        field: String,
        /// Sentence that says what is allowed.
        message: String,
    },
    /// The device cannot be set up or failed while it worked.
    Device {
        /// Sentence with the cause and the remedy.
        message: String,
    },
    /// Something was asked for in the wrong order, such as training before a model is open.
    Order {
        /// Sentence that says what has to come first.
        message: String,
    },
    /// A file or folder cannot be read or written (terminal only), or a checkpoint of a run cannot be used.
    File {
        /// Path as the user gave it.
        path: String,
        /// Sentence with the cause.
        message: String,
    },
}

impl Error {
    /// A mistake in a table as a whole.
    pub fn table(message: impl Into<String>) -> Self {
        Self::Table { line: None, column: None, message: message.into() }
    }

    /// A mistake at one line of a table.
    pub fn table_line(line: u64, message: impl Into<String>) -> Self {
        Self::Table { line: Some(line), column: None, message: message.into() }
    }

    /// A mistake in one column of a table.
    pub fn table_column(column: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Table { line: None, column: Some(column.into()), message: message.into() }
    }

    /// A mistake in a file of the model.
    pub fn model(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Model { file: file.into(), message: message.into() }
    }

    /// A mistake in one tensor of the weights.
    pub fn tensor(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Tensor { name: name.into(), message: message.into() }
    }

    /// A hyperparameter outside its range.
    pub fn recipe(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Recipe { field: field.into(), message: message.into() }
    }

    /// A failure of the device.
    pub fn device(message: impl Into<String>) -> Self {
        Self::Device { message: message.into() }
    }

    /// A call in the wrong order.
    pub fn order(message: impl Into<String>) -> Self {
        Self::Order { message: message.into() }
    }

    /// A file that cannot be read or written.
    pub fn file(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::File { path: path.into(), message: message.into() }
    }

    /// The kind as one word, for programs: `table`, `model`, `tensor`, `recipe`, `device`, `order` or `file`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Table { .. } => "table",
            Self::Model { .. } => "model",
            Self::Tensor { .. } => "tensor",
            Self::Recipe { .. } => "recipe",
            Self::Device { .. } => "device",
            Self::Order { .. } => "order",
            Self::File { .. } => "file",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { line: Some(line), message, .. } => write!(f, "Line {line}: {message}"),
            Self::Table { column: Some(column), message, .. } => {
                write!(f, "Column \u{201c}{column}\u{201d}: {message}")
            }
            Self::Model { file, message } => write!(f, "{file}: {message}"),
            Self::Tensor { name, message } => write!(f, "Tensor \u{201c}{name}\u{201d}: {message}"),
            Self::File { path, message } => write!(f, "{path}: {message}"),
            Self::Table { message, .. }
            | Self::Recipe { message, .. }
            | Self::Device { message }
            | Self::Order { message } => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}
