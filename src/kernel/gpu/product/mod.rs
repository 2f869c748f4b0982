//! Products on a GPU, as WGSL that is put together for each use: those of dense layers, y = x·W + b, dx = dy·Wᵀ and
//! dW = xᵀ·dy, and the same three for every head of attention.
//!
//! Every product is C = A·B with C of m × n and a depth of k. An invocation computes a small block of C in registers.
//! [`tiled`] brings A and B to it through the memory that a workgroup shares; [`direct`] reads them where they are, which
//! is what adapters want that emulate such memory. [`ends`] has what happens to C on its way out, [`tiles`] how large the
//! blocks are.

mod direct;
mod ends;
mod heads;
mod load;
mod run;
mod tiled;
mod tiles;

pub use ends::End;
pub use heads::{Heads, Operand};
pub use run::{Dense, du, input_gradient, parameter_gradients, y, y_gelu};
#[cfg(test)]
pub use tiles::forced;

use super::shader::{READ, Shader};
use tiles::Tile;

/// Which product. Letters: N rows, I inputs, O outputs, P layers side by side. Of heads the same three, with one head per z:
/// A·B, A·Bᵀ and Aᵀ·B.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// C = y `[N, P·O]`, A = x `[N, I]`, B = W `[I, O]`; one layer per z.
    Forward,
    /// C = dx `[N, I]`, A = dy `[N, P·O]`, B = Wᵀ; the layers one after the other along the depth.
    InputGradient,
    /// C = dW `[I, O]`, A = xᵀ, B = dy `[N, P·O]`; one layer, and one part of the depth, per z.
    ParameterGradients,
}

impl Kind {
    /// Which of A and B is a gradient.
    fn gradient(self) -> Option<&'static str> {
        match self {
            Self::Forward => None,
            Self::InputGradient => Some("a"),
            Self::ParameterGradients => Some("b"),
        }
    }

    /// Whether neighbours of A in memory are neighbours along the depth.
    fn a_is_deep(self) -> bool {
        self != Self::ParameterGradients
    }

    /// The same for B.
    fn b_is_deep(self) -> bool {
        self == Self::InputGradient
    }
}

/// One product, with everything that its text depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Product {
    /// Which.
    pub kind: Kind,
    /// What happens to C.
    pub end: End,
    /// P
    pub layers: usize,
    /// Whether I and O are multiples of four, so that arrays can be read and written by fours.
    pub by_fours: bool,
    /// Whether the depth is a multiple of the tile's, so that no turn of the loop is partial.
    pub even: bool,
    /// Whether the layers' weights, or their gradients with those of biases, are parts of one array, all as far apart.
    pub evenly_apart: bool,
    /// Whether there is a product for every head of every row, rather than for layers.
    pub heads: bool,
    /// Whether A and B are multiplied in half precision; C is not.
    pub half: bool,
    /// Blocks of C.
    pub tile: Tile,
}

impl Shader for Product {
    fn threads(&self) -> u32 {
        self.tile.threads() as u32
    }

    fn text(&self) -> String {
        let mut text = Text::default();
        // Natively, naga takes them without being told.
        if self.tile.swaps && cfg!(target_family = "wasm") {
            text.line("enable subgroups;");
        }
        if self.half {
            text.line("enable f16;");
        }
        self.declare(&mut text);
        if self.tile.direct {
            direct::main(self, &mut text);
        } else {
            tiled::main(self, &mut text);
        }
        text.0
    }
}

impl Product {
    /// Arrays, the uniform, and the functions that read A and B.
    fn declare(&self, text: &mut Text) {
        let (reads, writes) = self.arrays();
        let arrays = reads.iter().map(|name| (name, READ)).chain(writes.iter().map(|name| (name, "read_write")));
        let mut binding = 0;
        for (name, access) in arrays {
            let single = !self.by_fours || self.end.is_per_row(name);
            let element = if single { "f32" } else { "vec4f" };
            text.line(format!("@group(0) @binding({binding}) var<storage, {access}> {name}: array<{element}>;"));
            binding += 1;
        }
        self.end.functions(text);
        if self.heads {
            text.line(include_str!("../mask.wgsl"));
        }
        let more = if self.heads { heads::FIELDS } else { "" };
        text.line(format!(
            "struct Sizes {{
                m: u32, n: u32, k: u32, chunk: u32, a_row: u32, b_row: u32, c_row: u32, layer: u32, second: u32,
                {more}
            }}
            @group(0) @binding({binding}) var<uniform> p: Sizes;"
        ));
        load::functions(self, text);
    }

    /// The arrays that are read and those that are written, in the order of the bindings.
    fn arrays(&self) -> (Vec<String>, Vec<String>) {
        let each = |name: &str| (0..self.layers).map(|layer| format!("{name}{layer}")).collect::<Vec<_>>();
        let some = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let inputs = match self.kind {
            Kind::Forward | Kind::InputGradient if self.evenly_apart => some(&["a", "w0"]),
            Kind::Forward | Kind::InputGradient if !self.heads => [some(&["a"]), each("w")].concat(),
            _ => some(&["a", "b"]),
        };
        let (reads, writes) = match self.end {
            End::Plain | End::Partial | End::Scaled => (Vec::new(), some(&["c"])),
            End::Bias | End::Gelu { keep: false } => (each("bias"), some(&["c"])),
            End::Gelu { keep: true } => (each("bias"), some(&["c", "slopes"])),
            End::Sloped => (some(&["slopes"]), some(&["c"])),
            End::Parameters { .. } if self.evenly_apart => (Vec::new(), some(&["dw0"])),
            End::Parameters { .. } => (Vec::new(), [each("dw"), each("db")].concat()),
            End::Scores => (some(&["hides"]), some(&["c"])),
            End::Weights => (some(&["hides", "sums"]), some(&["c"])),
            End::Slopes { drops: false } => (some(&["shares", "weights"]), some(&["c"])),
            End::Slopes { drops: true } => (some(&["shares"]), some(&["weights", "c"])),
        };
        ([inputs, reads].concat(), writes)
    }
}

/// WGSL under construction.
#[derive(Default)]
pub struct Text(String);

impl Text {
    fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }
}
