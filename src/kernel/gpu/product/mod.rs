//! Products of a dense layer on a GPU, as WGSL that is put together for each use: y = x·W + b, dx = dy·Wᵀ, dW = xᵀ·dy.
//!
//! Every product is C = A·B with C of m × n and a depth of k. An invocation computes a small block of C in registers.
//! [`tiled`] brings A and B to it through the memory that a workgroup shares; [`direct`] reads them where they are, which
//! is what adapters want that emulate such memory. [`ends`] has what happens to C on its way out, [`tiles`] how large the
//! blocks are.

mod direct;
mod ends;
mod load;
mod run;
mod tiled;
mod tiles;

pub use run::{Dense, du, input_gradient, parameter_gradients, y, y_gelu};

use super::shader::{READ, Shader};
use ends::End;
use tiles::Tile;

/// Which product of a dense layer; letters: N rows, I inputs, O outputs, P layers side by side.
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
    /// Blocks of C.
    pub tile: Tile,
}

impl Shader for Product {
    fn threads(&self) -> u32 {
        self.tile.threads() as u32
    }

    fn text(&self) -> String {
        let mut text = Text::default();
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
        let element = if self.by_fours { "vec4f" } else { "f32" };
        let (reads, writes) = self.arrays();
        let arrays = reads.iter().map(|name| (name, READ)).chain(writes.iter().map(|name| (name, "read_write")));
        let mut binding = 0;
        for (name, access) in arrays {
            text.line(format!("@group(0) @binding({binding}) var<storage, {access}> {name}: array<{element}>;"));
            binding += 1;
        }
        text.line(
            "struct Sizes { m: u32, n: u32, k: u32, a_row: u32, b_row: u32, c_row: u32, chunk: u32, add: u32 }"
                .to_owned(),
        );
        text.line(format!("@group(0) @binding({binding}) var<uniform> p: Sizes;"));
        load::functions(self, text);
        self.end.functions(text);
    }

    /// The arrays that are read and those that are written, in the order of the bindings.
    fn arrays(&self) -> (Vec<String>, Vec<String>) {
        let each = |name: &str| (0..self.layers).map(|layer| format!("{name}{layer}")).collect::<Vec<_>>();
        let one = |name: &str| vec![name.to_owned()];
        let inputs = match self.kind {
            Kind::Forward | Kind::InputGradient => [one("a"), each("w")].concat(),
            Kind::ParameterGradients => [one("a"), one("b")].concat(),
        };
        match self.end {
            End::Plain | End::Partial => (inputs, one("c")),
            End::Bias => ([inputs, each("bias")].concat(), one("c")),
            End::Gelu { keep: false } => ([inputs, each("bias")].concat(), one("c")),
            End::Gelu { keep: true } => ([inputs, each("bias")].concat(), [one("c"), one("u")].concat()),
            End::GeluSlope => ([inputs, one("u")].concat(), one("c")),
            End::Parameters => (inputs, [each("dw"), each("db")].concat()),
        }
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
