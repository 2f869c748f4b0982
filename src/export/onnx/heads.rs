//! Heads as nodes, after `model/head`, and the outputs that transformers.js looks for.

use super::graph::{Side, Value};
use super::layers::Net;
use crate::model::{Head, HeadShape, OutputHead, Pooling, SentenceHead};
use crate::task::Task;

impl Net<'_> {
    /// Declares the outputs that a head makes of hidden states `[B, T, H]`.
    pub fn head(&mut self, head: &Head, task: Task, hidden: Value) {
        match head {
            Head::Outputs(head) if task == Task::Answers => self.spans(head, hidden),
            Head::Outputs(head) => {
                let logits = self.outputs(head, hidden);
                let outputs = Side::Fixed(head.outputs());
                let sides = if head.pools() { vec![batch(), outputs] } else { vec![batch(), tokens(), outputs] };
                self.graph.output("logits", logits, &sides);
            }
            Head::Language(_) => self.language(hidden),
            Head::Sentence(head) => self.sentence(head, hidden),
        }
    }

    /// `[B, K]` over texts, `[B, T, K]` over tokens.
    fn outputs(&mut self, head: &OutputHead, hidden: Value) -> Value {
        let HeadShape { pooling, dense, .. } = head.shape();
        let mut states = if head.pools() { self.pooled(pooling, hidden) } else { hidden };
        if head.normalises() {
            states = self.unit(states);
        }
        if let Some(dense) = dense {
            states = self.dense("head.dense", states);
            states = self.activation(dense.activation, states);
        }
        if self.has("head.norm.gamma") {
            states = self.norm("head.norm", states);
        }
        self.dense("head.output", states)
    }

    /// Where an answer starts and ends, each `[B, T]`.
    fn spans(&mut self, head: &OutputHead, hidden: Value) {
        let both = self.outputs(head, hidden);
        let parts: [Value; 2] = self.graph.split(both, 2);
        for (name, part) in ["start_logits", "end_logits"].into_iter().zip(parts) {
            let flat = self.graph.squeeze(part, 2);
            self.graph.output(name, flat, &[batch(), tokens()]);
        }
    }

    /// A score for each word at each token, `[B, T, V]`.
    fn language(&mut self, hidden: Value) {
        let states = self.dense("head.dense", hidden);
        let states = self.activation(self.config.language_activation(), states);
        let narrow = self.norm("head.norm", states);
        let words = self.words_backwards(narrow);
        let logits = self.biased("head.bias", words);
        self.graph.output("logits", logits, &[batch(), tokens(), Side::Fixed(self.config.vocab_size)]);
    }

    /// The states, which feature extraction pools as it is told, and the vectors that the model itself makes of them.
    fn sentence(&mut self, head: &SentenceHead, hidden: Value) {
        let width = Side::Fixed(self.config.hidden_size);
        let mut vectors = self.pooled(head.pooling(), hidden);
        if head.normalises() {
            vectors = self.unit(vectors);
        }
        self.graph.output("last_hidden_state", hidden, &[batch(), tokens(), width.clone()]);
        self.graph.output("sentence_embedding", vectors, &[batch(), width]);
    }

    /// `[B, T, H]` → `[B, H]`
    fn pooled(&mut self, pooling: Pooling, hidden: Value) -> Value {
        let real = self.inputs.real;
        let graph = &mut self.graph;
        match pooling {
            Pooling::First => {
                let first = graph.integer(0);
                graph.gather(hidden, first, 1)
            }
            Pooling::Mean => {
                let wide = graph.unsqueeze(real, &[2]);
                let (states, counts) = (graph.mul(hidden, wide), graph.sum(real, 1, true));
                let sum = graph.sum(states, 1, false);
                graph.div(sum, counts)
            }
        }
    }

    /// Rows of length 1, `[B, H]` → `[B, H]`.
    fn unit(&mut self, rows: Value) -> Value {
        let graph = &mut self.graph;
        let (squares, least) = (graph.mul(rows, rows), graph.number(1e-24));
        let sum = graph.sum(squares, 1, true);
        let sum = graph.largest(sum, least);
        let lengths = graph.root(sum);
        graph.div(rows, lengths)
    }
}

/// B, whatever it is.
pub(super) fn batch() -> Side {
    Side::Named("batch_size")
}

/// T, whatever it is.
pub(super) fn tokens() -> Side {
    Side::Named("sequence_length")
}
