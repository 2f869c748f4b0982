//! The operators that encoders and heads are made of, each as a method of the graph. Shapes broadcast as NumPy's do.

use super::graph::{Graph, Setting, Value};
use super::proto::Element;
use Setting::{Int, Ints};

/// Operators of two values.
macro_rules! of_two {
    ($($name:ident = $operator:literal: $what:literal;)*) => {
        $(#[doc = $what] pub fn $name(&mut self, a: Value, b: Value) -> Value { self.node($operator, &[a, b], []) })*
    };
}

/// Operators of one value.
macro_rules! of_one {
    ($($name:ident = $operator:literal: $what:literal;)*) => {
        $(#[doc = $what] pub fn $name(&mut self, x: Value) -> Value { self.node($operator, &[x], []) })*
    };
}

impl Graph {
    of_two! {
        add = "Add": "`a + b`";
        sub = "Sub": "`a − b`";
        mul = "Mul": "`a · b`";
        div = "Div": "`a / b`";
        matmul = "MatMul": "Products of matrices, the last two sides.";
        largest = "Max": "The larger of both.";
        equal = "Equal": "Whether they are equal.";
        greater = "Greater": "Whether `a > b`.";
        or = "Or": "Whether one of them holds.";
        expand = "Expand": "A value spread out to the shape that the second holds.";
    }

    of_one! {
        not = "Not": "Whether it does not hold.";
        abs = "Abs": "`|x|`";
        neg = "Neg": "`−x`";
        root = "Sqrt": "`√x`";
        erf = "Erf": "The error function.";
        tanh = "Tanh": "`tanh x`";
        relu = "Relu": "`max(x, 0)`";
        sigmoid = "Sigmoid": "`1 / (1 + e^−x)`";
        shape = "Shape": "Its sides as a list.";
    }

    /// `x + c`
    pub fn plus(&mut self, x: Value, c: f32) -> Value {
        let c = self.number(c);
        self.add(x, c)
    }

    /// `x · c`
    pub fn times(&mut self, x: Value, c: f32) -> Value {
        let c = self.number(c);
        self.mul(x, c)
    }

    /// As elements of another kind.
    pub fn cast(&mut self, x: Value, to: Element) -> Value {
        self.node("Cast", &[x], [("to", Int(to as i64))])
    }

    /// With its sides in another order.
    pub fn transpose(&mut self, x: Value, order: &[i64]) -> Value {
        self.node("Transpose", &[x], [("perm", Ints(order.to_vec()))])
    }

    /// In another shape: 0 keeps a side, −1 is what remains.
    pub fn reshape(&mut self, x: Value, sides: &[i64]) -> Value {
        let sides = self.integers(sides);
        self.node("Reshape", &[x, sides], [])
    }

    /// With sides of length 1 at these places.
    pub fn unsqueeze(&mut self, x: Value, axes: &[i64]) -> Value {
        let axes = self.integers(axes);
        self.node("Unsqueeze", &[x, axes], [])
    }

    /// Without the side of length 1 at this place.
    pub fn squeeze(&mut self, x: Value, axis: i64) -> Value {
        let axes = self.integers(&[axis]);
        self.node("Squeeze", &[x, axes], [])
    }

    /// Values side by side along an axis.
    pub fn concat(&mut self, values: &[Value], axis: i64) -> Value {
        self.node("Concat", values, [("axis", Int(axis))])
    }

    /// Parts of equal length along an axis.
    pub fn split<const N: usize>(&mut self, x: Value, axis: i64) -> [Value; N] {
        self.node_of("Split", &[x], [("axis", Int(axis))])
    }

    /// The entries of a table at these places along an axis.
    pub fn gather(&mut self, table: Value, places: Value, axis: i64) -> Value {
        self.node("Gather", &[table, places], [("axis", Int(axis))])
    }

    /// Along the last axis, the entry at the place that `places` has for it.
    pub fn gather_each(&mut self, x: Value, places: Value) -> Value {
        self.node("GatherElements", &[x, places], [("axis", Int(-1))])
    }

    /// The first rows of a table, as many as the list of one number says.
    pub fn first_rows(&mut self, table: Value, count: Value) -> Value {
        let (start, axis) = (self.integers(&[0]), self.integers(&[0]));
        self.node("Slice", &[table, start, count, axis], [])
    }

    /// 0, 1, 2 and so on below a list of one number.
    pub fn range(&mut self, end: Value) -> Value {
        let end = self.squeeze(end, 0);
        let (start, step) = (self.integer(0), self.integer(1));
        self.node("Range", &[start, end, step], [])
    }

    /// From the smallest to the largest, whole numbers outside as one of these.
    pub fn clip(&mut self, x: Value, [least, most]: [i64; 2]) -> Value {
        let (least, most) = (self.integer(least), self.integer(most));
        self.node("Clip", &[x, least, most], [])
    }

    /// Running sums along an axis.
    pub fn running_sum(&mut self, x: Value, axis: i64) -> Value {
        let axis = self.integer(axis);
        self.node("CumSum", &[x, axis], [])
    }

    /// One number where a condition holds, another where it does not.
    pub fn choose(&mut self, condition: Value, yes: f32, no: f32) -> Value {
        let (yes, no) = (self.number(yes), self.number(no));
        self.node("Where", &[condition, yes, no], [])
    }

    /// The sum along an axis, which stays with length 1 or goes.
    pub fn sum(&mut self, x: Value, axis: i64, stays: bool) -> Value {
        let axis = self.integers(&[axis]);
        self.node("ReduceSum", &[x, axis], [("keepdims", Int(stays.into()))])
    }

    /// Softmax over the last axis.
    pub fn softmax(&mut self, x: Value) -> Value {
        self.node("Softmax", &[x], [("axis", Int(-1))])
    }
}
