//! How A and B are read: WGSL functions that give four neighbours of A or B.

use super::{Kind, Product, Text};

/// `a4(at)` and `b4(layer, at)`: four neighbours from a place on, counted in single values. Places that lie behind the
/// end are read as some other place, and what comes of them is left out later.
pub fn functions(product: &Product, text: &mut Text) {
    four(product, text, "a4", "", "a");
    match (product.kind, product.layers) {
        _ if product.heads => four(product, text, "b4", "layer: u32, ", "b"),
        (Kind::ParameterGradients, _) => four(product, text, "b4", "layer: u32, ", "b"),
        (_, 1) => four(product, text, "b4", "layer: u32, ", "w0"),
        (_, layers) => {
            (0..layers).for_each(|layer| four(product, text, &format!("b4_{layer}"), "", &format!("w{layer}")));
            text.line("fn b4(layer: u32, at: u32) -> vec4f {\nswitch layer {");
            (1..layers).for_each(|layer| text.line(format!("case {layer}u: {{ return b4_{layer}(at); }}")));
            text.line("default: { return b4_0(at); }\n}\n}");
        }
    }
}

fn four(product: &Product, text: &mut Text, function: &str, first: &str, array: &str) {
    text.line(format!("fn {function}({first}at: u32) -> vec4f {{"));
    if product.by_fours {
        text.line(format!("return {array}[at / 4u];"));
    } else {
        text.line(format!("let last = arrayLength(&{array}) - 1u;"));
        let one = |i: u32| format!("{array}[min(at + {i}u, last)]");
        text.line(format!("return vec4f({}, {}, {}, {});", one(0), one(1), one(2), one(3)));
    }
    text.line("}");
}

/// Which slices of the depth this workgroup sums up: `turn_begin` and `turn_end`, counted in slices.
pub fn turns(product: &Product, text: &mut Text) {
    let depth = product.tile.depth;
    text.line(format!("let slices = (p.k + {}u) / {depth}u;", depth - 1));
    if product.heads {
        text.line(super::heads::OFFSETS);
        text.line("let layer_z = 0u;\nlet turn_begin = 0u;\nlet turn_end = slices;");
        return;
    }
    text.line("let a_begin = 0u;\nlet b_begin = 0u;");
    match product.kind {
        Kind::Forward => text.line("let layer_z = group.z;\nlet turn_begin = 0u;\nlet turn_end = slices;"),
        Kind::InputGradient => {
            text.line(format!("let turn_begin = 0u;\nlet turn_end = slices * {}u;", product.layers));
        }
        Kind::ParameterGradients => {
            let parts = "let parts = (slices + p.chunk - 1u) / p.chunk;";
            text.line(format!("{parts}\nlet layer_z = group.z / parts;\nlet part = group.z % parts;"));
            text.line("let turn_begin = part * p.chunk;\nlet turn_end = min(slices, turn_begin + p.chunk);");
        }
    }
}

/// Where slice `turn` is: `k_0`, its first place along the depth, and `layer`.
pub fn turn(product: &Product, text: &mut Text) {
    let depth = product.tile.depth;
    if product.kind == Kind::InputGradient && !product.heads {
        text.line(format!("let layer = turn / slices;\nlet k_0 = (turn % slices) * {depth}u;"));
    } else {
        text.line(format!("let layer = layer_z;\nlet k_0 = turn * {depth}u;"));
    }
}

/// Four neighbours of A or B, at a row or column of C and a place along the depth.
pub fn value(product: &Product, operand: &str, side: &str, k: &str) -> String {
    match (product.kind, operand) {
        (Kind::Forward, "a") => format!("a4(a_begin + {side} * p.a_row + {k})"),
        (Kind::InputGradient, "a") => format!("a4(a_begin + {side} * p.a_row + layer * p.k + {k})"),
        (Kind::ParameterGradients, "a") => format!("a4(a_begin + {k} * p.a_row + {side})"),
        (Kind::Forward, _) => format!("b4(layer, b_begin + {k} * p.b_row + {side})"),
        (Kind::InputGradient, _) => format!("b4(layer, b_begin + {side} * p.b_row + {k})"),
        (Kind::ParameterGradients, _) => format!("b4(layer, b_begin + {k} * p.b_row + layer * p.n + {side})"),
    }
}

/// `name` = `value`, or zeros behind the end of the depth.
pub fn guarded(product: &Product, deep: bool, name: &str, k: &str, value: &str) -> String {
    if product.even {
        return format!("{name} = {value};");
    }
    let rest = if deep && !product.by_fours {
        // Of four neighbours along the depth some may be there and some not.
        format!("{name} = select(vec4f(), {name}, vec4u({k}) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.k));")
    } else {
        String::new()
    };
    format!("if ({k} < p.k) {{ {name} = {value}; {rest} }} else {{ {name} = vec4f(); }}")
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
