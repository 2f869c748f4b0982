//! How A and B are read. Their places are counted in units: in fours where everything is a multiple of four, else in single
//! values. A place is the sum of a base, which an invocation computes once, and a step, which all of them share and which
//! changes from slice to slice of the depth.

use super::{Kind, Product, Text, heads};

impl Product {
    /// Values in a unit.
    pub fn unit(&self) -> usize {
        if self.by_fours { 4 } else { 1 }
    }

    /// WGSL: so many values in units. Emulated adapters divide slowly, by constants, too.
    pub fn units(&self, values: &str) -> String {
        if self.by_fours { format!("(({values}) >> 2u)") } else { values.to_owned() }
    }
}

/// `a4(at)` and `b4(layer, at)`: four neighbours from a place on. Places that lie behind the end are read as some other
/// place, and what comes of them is left out later.
pub fn functions(product: &Product, text: &mut Text) {
    four(product, text, "a4", "", "a", "at");
    match (product.kind, product.layers) {
        _ if product.heads => four(product, text, "b4", "layer: u32, ", "b", "at"),
        (Kind::ParameterGradients, _) => four(product, text, "b4", "layer: u32, ", "b", "at"),
        _ if product.evenly_apart => four(product, text, "b4", "layer: u32, ", "w0", "layer * p.layer + at"),
        (_, 1) => four(product, text, "b4", "layer: u32, ", "w0", "at"),
        (_, layers) => {
            (0..layers).for_each(|layer| four(product, text, &format!("b4_{layer}"), "", &format!("w{layer}"), "at"));
            text.line("fn b4(layer: u32, at: u32) -> vec4f {\nswitch layer {");
            (1..layers).for_each(|layer| text.line(format!("case {layer}u: {{ return b4_{layer}(at); }}")));
            text.line("default: { return b4_0(at); }\n}\n}");
        }
    }
}

fn four(product: &Product, text: &mut Text, function: &str, first: &str, array: &str, place: &str) {
    text.line(format!("fn {function}({first}at: u32) -> vec4f {{"));
    if product.by_fours {
        text.line(format!("return {array}[{place}];"));
    } else {
        text.line(format!("let place = {place};\nlet last = arrayLength(&{array}) - 1u;"));
        let one = |i: u32| format!("{array}[min(place + {i}u, last)]");
        text.line(format!("return vec4f({}, {}, {}, {});", one(0), one(1), one(2), one(3)));
    }
    text.line("}");
}

/// Where this workgroup begins: which slices of the depth it sums up, `turn` to `turn_end`; the first of them, `k_0`
/// along the depth of `layer`; and the beginnings of A and B.
pub fn begin(product: &Product, text: &mut Text) {
    let depth = product.tile.depth;
    text.line(format!("let slices = (p.k + {}u) / {depth}u;", depth - 1));
    text.line(if product.heads { heads::OFFSETS } else { "let a_begin = 0u;\nlet b_begin = 0u;" });
    match product.kind {
        Kind::ParameterGradients if !product.heads => {
            let parts = "let parts = (slices + p.chunk - 1u) / p.chunk;";
            text.line(format!("{parts}\nlet layer_z = group.z / parts;\nlet part = group.z % parts;"));
            text.line("var turn = part * p.chunk;\nlet turn_end = min(slices, turn + p.chunk);");
        }
        Kind::InputGradient if !product.heads => {
            text.line(format!("let layer_z = 0u;\nvar turn = 0u;\nlet turn_end = slices * {}u;", product.layers));
        }
        _ => {
            let layer = if product.heads { "0u" } else { "group.z" };
            text.line(format!("let layer_z = {layer};\nvar turn = 0u;\nlet turn_end = slices;"));
        }
    }
    text.line(format!("var layer = layer_z;\nvar k_0 = turn * {depth}u;"));
}

/// Goes on to the next slice.
pub fn next(product: &Product, text: &mut Text) {
    text.line(format!("turn += 1u;\nk_0 += {}u;", product.tile.depth));
    if product.kind == Kind::InputGradient && product.layers > 1 {
        // The layers follow each other along the depth.
        text.line("if (k_0 >= p.k) { k_0 = 0u; layer += 1u; }");
    }
}

/// The place of four neighbours of A or B at a row or column of C, and so far along the depth, in the first slice.
pub fn base(product: &Product, operand: &str, side: &str, depth: &str) -> String {
    let deep = if operand == "a" { product.kind.a_is_deep() } else { product.kind.b_is_deep() };
    let begin = match (operand, product.kind) {
        ("b", Kind::ParameterGradients) => format!("b_begin + layer_z * {}", product.units("p.n")),
        _ => format!("{operand}_begin"),
    };
    if deep {
        format!("{begin} + {side} * p.{operand}_row + {}", product.units(depth))
    } else {
        format!("{begin} + {depth} * p.{operand}_row + {}", product.units(side))
    }
}

/// `a_step` and `b_step`: how much farther the slice at `k_0` of `layer` is.
pub fn steps(product: &Product, text: &mut Text) {
    for (operand, deep) in [("a", product.kind.a_is_deep()), ("b", product.kind.b_is_deep())] {
        let along = if deep { product.units("k_0") } else { format!("k_0 * p.{operand}_row") };
        let layers = product.kind == Kind::InputGradient && product.layers > 1 && operand == "a";
        let before = if layers { format!("layer * {} + ", product.units("p.k")) } else { String::new() };
        text.line(format!("let {operand}_step = {before}{along};"));
    }
}

/// The four at a base, in the slice that the loop has come to.
pub fn value(operand: &str, base: &str) -> String {
    let layer = if operand == "b" { "layer, " } else { "" };
    format!("{operand}4({layer}{base} + {operand}_step)")
}

/// `name` = the four at a base, or zeros behind the end of the depth; `depth` is how far into the slice they are.
pub fn fetch(product: &Product, operand: &str, name: &str, base: &str, depth: &str) -> String {
    let value = value(operand, base);
    if product.even {
        return format!("{name} = {value};");
    }
    let deep = if operand == "a" { product.kind.a_is_deep() } else { product.kind.b_is_deep() };
    let rest = if deep && !product.by_fours {
        // Of four neighbours along the depth some may be there and some not.
        format!("{name} = select(vec4f(), {name}, vec4u(k_0 + {depth}) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.k));")
    } else {
        String::new()
    };
    format!("if (k_0 + {depth} < p.k) {{ {name} = {value}; {rest} }} else {{ {name} = vec4f(); }}")
}

/// A row of A or a column of B that is there: blocks at the edge of C compute some more than there is. Fours across the
/// depth begin where they do; single values are looked after by [`functions`].
pub fn within(product: &Product, deep: bool, place: &str, count: &str) -> String {
    match (deep, product.by_fours) {
        (true, _) => format!("min({place}, p.{count} - 1u)"),
        (false, true) => format!("min({place}, p.{count} - 4u)"),
        (false, false) => place.to_owned(),
    }
}
