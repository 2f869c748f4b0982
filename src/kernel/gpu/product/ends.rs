//! What happens to C on its way out of a product.

use super::tiled::rows;
use super::{Kind, Product, Text};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// C
    Plain,
    /// C + bias
    Bias,
    /// GELU(u), where u = C + bias, and the slopes of GELU at u if they are to be kept.
    Gelu {
        /// Whether they are.
        keep: bool,
    },
    /// C · slopes, value by value.
    Sloped,
    /// dW = C and db, the sums of B over the depth.
    Parameters {
        /// Whether they are added to what is there.
        adds: bool,
    },
    /// The same of one part of the depth, one after the other: [`super::super::fold`] adds the parts up.
    Partial,
    /// C · scale
    Scaled,
    /// C · scale and what hides keys: scores of attention.
    Scores,
    /// The weights of attention that came of such scores, given the logarithm of each row's sum.
    Weights,
    /// The gradient of scores from C, that of the weights that were used: w · (C · mask − share of the row). Where something
    /// is dropped, weights become those that were used.
    Slopes {
        /// Whether something is.
        drops: bool,
    },
}

impl End {
    /// Whether an array has a value for each row of C.
    pub fn is_per_row(self, array: &str) -> bool {
        matches!(array, "sums" | "shares")
    }

    /// Functions that it calls.
    pub fn functions(self, text: &mut Text) {
        if matches!(self, Self::Gelu { .. }) {
            text.line(include_str!("../math.wgsl"));
        }
    }

    /// Whether sums of B's columns are taken, too.
    pub fn sums_columns(self) -> bool {
        matches!(self, Self::Parameters { .. } | Self::Partial)
    }

    /// What the loop needs.
    pub fn before(self, product: &Product, text: &mut Text) {
        if self.sums_columns() {
            // One row of workgroups sees all of B.
            text.line("let sums_columns = group.y == 0u;");
            (0..product.tile.wide / 4).for_each(|column| text.line(format!("var sum_{column} = vec4f();")));
        }
    }

    /// Writes this invocation's block.
    pub fn after(self, product: &Product, text: &mut Text) {
        let columns = product.tile.wide / 4;
        if matches!(self, Self::Bias | Self::Gelu { .. }) {
            for column in 0..columns {
                text.line(format!("var bias_{column} = vec4f();"));
                each_layer(product, text, "layer_z", |text, layer| {
                    let at = format!("column_{column}");
                    read(product, text, &format!("bias_{column}"), &format!("bias{layer}"), &at, column);
                });
            }
        }
        match (self, product.kind) {
            _ if product.heads => {}
            (Self::Partial, _) => text.line("let c_begin = group.z * (p.m * p.n + p.n);"),
            (_, Kind::Forward) => text.line("let c_begin = layer_z * p.n;"),
            _ if product.evenly_apart => text.line("let c_begin = layer_z * p.layer;"),
            _ => text.line("let c_begin = 0u;"),
        }
        if matches!(self, Self::Scores | Self::Weights) {
            for column in 0..columns {
                let hides = format!("hides[(sentence * p.n + min(column_{column}, p.n - 4u)) / 4u]");
                text.line(format!("let hides_{column} = {hides};"));
            }
        }
        for (four, i) in rows(product) {
            text.line(format!("if (row_{four}{i} < p.m) {{"));
            for column in 0..columns {
                self.write(product, text, (format!("row_{four}{i}"), column), &format!("c_{four}{i}{column}"));
            }
            text.line("}");
        }
        if self.sums_columns() {
            self.write_column_sums(product, text);
        }
    }

    fn write(self, product: &Product, text: &mut Text, (row, column): (String, usize), sum: &str) {
        let at = format!("c_begin + {row} * p.c_row + column_{column}");
        match self {
            Self::Plain | Self::Partial => put(product, text, "c", &at, sum, column),
            Self::Bias => put(product, text, "c", &at, &format!("({sum} + bias_{column})"), column),
            Self::Scaled => put(product, text, "c", &at, &format!("({sum} * p.scale)"), column),
            Self::Scores => put(product, text, "c", &at, &format!("({sum} * p.scale + hides_{column})"), column),
            Self::Weights => {
                let score =
                    format!("{sum} * p.scale + hides_{column} - vec4f(sums[(p.first + group.z) * p.m + {row}])");
                put(product, text, "c", &at, &format!("exp({score})"), column);
            }
            Self::Slopes { drops } => self.slopes(product, text, (&row, &at, column), sum, drops),
            Self::Gelu { keep } => {
                text.line(format!("let u_{sum} = {sum} + bias_{column};"));
                let each = |function: &str| ["x", "y", "z", "w"].map(|lane| format!("{function}(u_{sum}.{lane})"));
                if !keep {
                    let y = each("gelu").join(", ");
                    return put(product, text, "c", &at, &format!("vec4f({y})"), column);
                }
                text.line(format!("let both_{sum} = mat4x2f({});", each("gelu_both").join(", ")));
                text.line(format!("let turned_{sum} = transpose(both_{sum});"));
                put(product, text, "c", &at, &format!("turned_{sum}[0]"), column);
                put(product, text, "slopes", &at, &format!("turned_{sum}[1]"), column);
            }
            Self::Sloped => {
                text.line(format!("var slope_{sum} = vec4f();"));
                read(product, text, &format!("slope_{sum}"), "slopes", &at, column);
                put(product, text, "c", &at, &format!("({sum} * slope_{sum})"), column);
            }
            Self::Parameters { adds } => each_array(product, text, |text, layer| {
                put_gradient(product, text, &format!("dw{layer}"), &at, sum, (column, adds));
            }),
        }
    }

    fn slopes(
        self,
        product: &Product,
        text: &mut Text,
        (row, at, column): (&str, &str, usize),
        sum: &str,
        drops: bool,
    ) {
        text.line(format!("var w_{sum} = vec4f();"));
        read(product, text, &format!("w_{sum}"), "weights", at, column);
        let mut gradient = sum.to_owned();
        if drops {
            let place = format!("((p.first + group.z) * p.m + {row}) * p.n + column_{column}");
            let factors = [0, 1, 2, 3].map(|lane| format!("factor(p.mask, {place} + {lane}u)")).join(", ");
            text.line(format!("let f_{sum} = vec4f({factors});"));
            gradient = format!("{sum} * f_{sum}");
            put(product, text, "weights", at, &format!("(w_{sum} * f_{sum})"), column);
        }
        let value = format!("(w_{sum} * ({gradient} - vec4f(shares[(p.first + group.z) * p.m + {row}])))");
        put(product, text, "c", at, &value, column);
    }

    fn write_column_sums(self, product: &Product, text: &mut Text) {
        text.line("if (sums_columns && ty == 0u) {");
        for column in 0..product.tile.wide / 4 {
            let (at, sum) = (format!("column_{column}"), format!("sum_{column}"));
            match self {
                Self::Parameters { adds } if product.evenly_apart => {
                    put_gradient(product, text, "dw0", &format!("c_begin + p.second + {at}"), &sum, (column, adds));
                }
                Self::Parameters { adds } => each_array(product, text, |text, layer| {
                    put_gradient(product, text, &format!("db{layer}"), &at, &sum, (column, adds));
                }),
                _ => put(product, text, "c", &format!("c_begin + p.m * p.n + {at}"), &sum, column),
            }
        }
        text.line("}");
    }
}

/// Code for the layer that this workgroup computes.
fn each_layer(product: &Product, text: &mut Text, which: &str, mut body: impl FnMut(&mut Text, usize)) {
    if product.layers == 1 {
        return body(text, 0);
    }
    for layer in 0..product.layers {
        text.line(format!("if ({which} == {layer}u) {{"));
        body(text, layer);
        text.line("}");
    }
}

/// Four neighbours of an array, or those of them that are columns of C.
fn read(product: &Product, text: &mut Text, name: &str, array: &str, at: &str, column: usize) {
    if product.by_fours {
        text.line(format!("if (column_{column} < p.n) {{ {name} = {array}[({at}) >> 2u]; }}"));
        return;
    }
    for i in 0..4 {
        text.line(format!("if (column_{column} + {i}u < p.n) {{ {name}[{i}] = {array}[{at} + {i}u]; }}"));
    }
}

fn put(product: &Product, text: &mut Text, array: &str, at: &str, value: &str, column: usize) {
    if product.by_fours {
        text.line(format!("if (column_{column} < p.n) {{ {array}[({at}) >> 2u] = {value}; }}"));
        return;
    }
    text.line(format!("{{ let value = {value};"));
    for i in 0..4 {
        text.line(format!("if (column_{column} + {i}u < p.n) {{ {array}[{at} + {i}u] = value[{i}]; }}"));
    }
    text.line("}");
}

/// Code for the array that this workgroup's layer has its gradients in.
fn each_array(product: &Product, text: &mut Text, body: impl FnMut(&mut Text, usize)) {
    let single = Product { layers: 1, ..*product };
    each_layer(if product.evenly_apart { &single } else { product }, text, "layer_z", body);
}

/// Puts values into an array, or adds them to what is there.
fn put_gradient(product: &Product, text: &mut Text, array: &str, at: &str, value: &str, (column, adds): (usize, bool)) {
    if !adds {
        return put(product, text, array, at, value, column);
    }
    text.line("{ var sum = vec4f();");
    read(product, text, "sum", array, at, column);
    text.line(format!("sum += {value};"));
    put(product, text, array, at, "sum", column);
    text.line("}");
}
