//! The families of encoders: what each calls itself, what its configuration says, and where it differs from the rest.
//!
//! A family is one file here, one in `checkpoint/names`, and one of the encoders in `model/encoder`.

mod albert;
mod bert;
mod deberta;
mod distilbert;
mod electra;
mod modernbert;
mod mpnet;
mod roberta;

pub use deberta::Disentangled;
pub use modernbert::{Modern, Rotary};

use crate::error::Result;
use crate::model::config::{Activation, EncoderConfig, Reader};
use crate::model::encoder::Wanted;

/// How the positions of tokens are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// There is no table of positions.
    None,
    /// From 0 in every row, padding included.
    FromZero,
    /// Tokens from the padding id plus 1, padding at the padding id (`create_position_ids_from_input_ids`).
    AfterPadding,
}

/// Which hidden state stands for the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// That of the first token.
    First,
    /// The mean over all tokens that are not padding.
    Mean,
}

impl Pooling {
    /// Which hidden states it reads.
    pub fn wants(self) -> Wanted {
        match self {
            Self::First => Wanted::First,
            Self::Mean => Wanted::All,
        }
    }
}

/// What lies between the hidden states and the dense layer that gives the outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadShape {
    /// For heads over whole texts: which state they take.
    pub pooling: Pooling,
    /// Whether a dense layer of width H with an activation comes first, and whether it has a bias.
    pub dense: Option<HeadDense>,
    /// Whether dropout comes before that layer, too.
    pub drops_first: bool,
}

/// A head's first layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadDense {
    /// After it.
    pub activation: Activation,
    /// Whether it adds a bias.
    pub bias: bool,
    /// Whether LayerNorm follows the activation, with a bias or without.
    pub norm: Option<bool>,
}

/// What only one family has.
#[derive(Debug, Clone, PartialEq)]
pub enum Details {
    /// Nothing.
    None,
    /// MPNet: a learned bias per bucket of distances, so many of them.
    RelativeBias {
        /// Rows of the table.
        buckets: usize,
    },
    /// ALBERT: which of the shared layers is used at each depth.
    Shared {
        /// A layer per depth.
        order: Vec<usize>,
    },
    /// DeBERTa.
    Disentangled(Disentangled),
    /// ModernBERT.
    Modern(Modern),
}

/// A family, as `model_type` names it.
#[derive(Debug, PartialEq)]
pub struct Family {
    /// `model_type` in `config.json`.
    pub model_type: &'static str,
    /// How people write it.
    pub name: &'static str,
    /// What its classes in transformers begin with, as in `BertForSequenceClassification`.
    pub class: &'static str,
    /// What the names of the encoder's tensors begin with in the files of models with a head.
    pub prefix: &'static str,
    /// Which table of `checkpoint/names` holds its tensors.
    pub table: Table,
}

/// Families whose tensors are named alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // They are the names themselves.
pub enum Table {
    Bert,
    Roberta,
    DistilBert,
    Electra,
    Mpnet,
    Albert,
    Deberta,
    ModernBert,
}

const fn family(
    model_type: &'static str,
    name: &'static str,
    class: &'static str,
    prefix: &'static str,
    table: Table,
) -> Family {
    Family { model_type, name, class, prefix, table }
}

/// All families that can be built.
pub static FAMILIES: &[Family] = &[
    family("bert", "BERT", "Bert", "bert", Table::Bert),
    family("distilbert", "DistilBERT", "DistilBert", "distilbert", Table::DistilBert),
    family("roberta", "RoBERTa", "Roberta", "roberta", Table::Roberta),
    family("xlm-roberta", "XLM-RoBERTa", "XLMRoberta", "roberta", Table::Roberta),
    family("camembert", "CamemBERT", "Camembert", "roberta", Table::Roberta),
    family("electra", "ELECTRA", "Electra", "electra", Table::Electra),
    family("mpnet", "MPNet", "MPNet", "mpnet", Table::Mpnet),
    family("albert", "ALBERT", "Albert", "albert", Table::Albert),
    family("deberta-v2", "DeBERTa", "DebertaV2", "deberta", Table::Deberta),
    family("modernbert", "ModernBERT", "ModernBert", "model", Table::ModernBert),
];

impl Family {
    /// Reads what the family's configuration says.
    pub(super) fn read(&'static self, read: &Reader) -> Result<EncoderConfig> {
        match self.table {
            Table::Bert => bert::read(self, read),
            Table::Roberta => roberta::read(self, read),
            Table::DistilBert => distilbert::read(self, read),
            Table::Electra => electra::read(self, read),
            Table::Mpnet => mpnet::read(self, read),
            Table::Albert => albert::read(self, read),
            Table::Deberta => deberta::read(self, read),
            Table::ModernBert => modernbert::read(self, read),
        }
    }
}
