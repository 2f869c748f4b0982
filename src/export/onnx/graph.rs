//! A graph under construction: values, the nodes that make them, and constants.

use prost::Message;

use super::proto::{
    AttributeProto, DimensionProto, Element, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, ShapeProto,
    TensorProto, TensorTypeProto, TypeProto, ValueInfoProto, setting,
};

/// Version of the file format; of the same year as the operators.
const IR_VERSION: i64 = 8;
/// Version of the operators: the first with LayerNormalization, which every runtime since 2022 has.
const OPSET: i64 = 17;

/// A value of a graph: an input, a constant, or what a node makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Value(usize);

/// How long a side of an input or output is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// Always so long.
    Fixed(usize),
    /// As long as the caller wants; equal names are equally long.
    Named(&'static str),
}

/// A setting of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A whole number.
    Int(i64),
    /// Several of them.
    Ints(Vec<i64>),
    /// A number.
    Float(f32),
}

/// A node, with values where the file has their names.
#[derive(Debug)]
struct Node {
    operator: &'static str,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
    settings: Vec<(&'static str, Setting)>,
}

/// A graph under construction.
#[derive(Debug, Default)]
pub struct Graph {
    /// By value.
    names: Vec<String>,
    nodes: Vec<Node>,
    initializers: Vec<TensorProto>,
    inputs: Vec<ValueInfoProto>,
    outputs: Vec<(Value, Element, Vec<Side>)>,
}

impl Graph {
    /// An input of whole numbers with these sides.
    pub fn input(&mut self, name: &str, sides: &[Side]) -> Value {
        self.inputs.push(info(name, Element::Int64, sides));
        self.value(name.to_owned())
    }

    /// Declares an output, under this name from now on, of numbers with these sides.
    pub fn output(&mut self, name: &str, value: Value, sides: &[Side]) {
        name.clone_into(&mut self.names[value.0]);
        self.outputs.push((value, Element::Float, sides.to_vec()));
    }

    /// A constant.
    pub fn constant(&mut self, name: &str, element: Element, shape: &[usize], bytes: Vec<u8>) -> Value {
        let dims = shape.iter().map(|&side| side as i64).collect();
        self.initializers.push(TensorProto { dims, data_type: element as i32, name: name.to_owned(), raw_data: bytes });
        self.value(name.to_owned())
    }

    /// A constant that has no name of its own: numbers in this shape.
    pub fn numbers(&mut self, shape: &[usize], values: &[f32]) -> Value {
        let name = format!("numbers_{}", self.names.len());
        self.constant(&name, Element::Float, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// One number.
    pub fn number(&mut self, value: f32) -> Value {
        self.numbers(&[], &[value])
    }

    /// A list of whole numbers.
    pub fn integers(&mut self, values: &[i64]) -> Value {
        self.whole(&[values.len()], values)
    }

    /// One whole number.
    pub fn integer(&mut self, value: i64) -> Value {
        self.whole(&[], &[value])
    }

    fn whole(&mut self, shape: &[usize], values: &[i64]) -> Value {
        let name = format!("integers_{}", self.names.len());
        self.constant(&name, Element::Int64, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// What an operator makes of values.
    pub fn node(
        &mut self,
        operator: &'static str,
        inputs: &[Value],
        settings: impl IntoIterator<Item = (&'static str, Setting)>,
    ) -> Value {
        let [output] = self.node_of(operator, inputs, settings);
        output
    }

    /// What an operator with several outputs makes of values.
    pub fn node_of<const N: usize>(
        &mut self,
        operator: &'static str,
        inputs: &[Value],
        settings: impl IntoIterator<Item = (&'static str, Setting)>,
    ) -> [Value; N] {
        let outputs = std::array::from_fn(|_| {
            let name = format!("{operator}_{}", self.names.len());
            self.value(name)
        });
        let settings = settings.into_iter().collect();
        self.nodes.push(Node { operator, inputs: inputs.to_vec(), outputs: outputs.to_vec(), settings });
        outputs
    }

    fn value(&mut self, name: String) -> Value {
        self.names.push(name);
        Value(self.names.len() - 1)
    }

    /// The file.
    pub fn encode(self) -> Vec<u8> {
        self.finish().encode_to_vec()
    }

    /// The message that the file is.
    pub fn finish(self) -> ModelProto {
        let Self { names, nodes, initializers, inputs, outputs } = self;
        let name = |value: &Value| names[value.0].clone();
        let node = |(at, node): (usize, &Node)| NodeProto {
            input: node.inputs.iter().map(name).collect(),
            output: node.outputs.iter().map(name).collect(),
            name: format!("node_{at}"),
            op_type: node.operator.to_owned(),
            attribute: node.settings.iter().map(attribute).collect(),
        };
        ModelProto {
            ir_version: IR_VERSION,
            producer_name: env!("CARGO_PKG_NAME").to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: GraphProto {
                node: nodes.iter().enumerate().map(node).collect(),
                name: "model".to_owned(),
                initializer: initializers,
                input: inputs,
                output: outputs.iter().map(|(value, element, sides)| info(&name(value), *element, sides)).collect(),
            },
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        }
    }
}

fn attribute((name, value): &(&'static str, Setting)) -> AttributeProto {
    let named = AttributeProto { name: (*name).to_owned(), ..AttributeProto::default() };
    match value {
        Setting::Int(value) => AttributeProto { i: Some(*value), r#type: setting::INT, ..named },
        Setting::Ints(values) => AttributeProto { ints: values.clone(), r#type: setting::INTS, ..named },
        Setting::Float(value) => AttributeProto { f: Some(*value), r#type: setting::FLOAT, ..named },
    }
}

fn info(name: &str, element: Element, sides: &[Side]) -> ValueInfoProto {
    let side = |side: &Side| match side {
        Side::Fixed(length) => DimensionProto { dim_value: Some(*length as i64), dim_param: None },
        Side::Named(name) => DimensionProto { dim_value: None, dim_param: Some((*name).to_owned()) },
    };
    let shape = ShapeProto { dim: sides.iter().map(side).collect() };
    let tensor_type = TensorTypeProto { elem_type: element as i32, shape };
    ValueInfoProto { name: name.to_owned(), r#type: TypeProto { tensor_type } }
}
