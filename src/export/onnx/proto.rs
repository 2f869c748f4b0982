//! The messages of an ONNX file that a graph of ours is made of: a part of `onnx.proto`, by its own names and numbers.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, bytes, float, int32, int64, message, skip_field, string};
use prost::{DecodeError, Message};

/// Declares messages: of each field its number, its name, how it is written, and its type.
macro_rules! messages {
    ($($(#[$about:meta])* $name:ident { $($number:literal $field:ident: $kind:ident, $type:ty;)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Default)]
        #[allow(missing_docs)] // Fields are as `onnx.proto` describes them.
        pub struct $name {
            $(pub $field: $type,)*
        }

        impl Message for $name {
            fn encode_raw(&self, buffer: &mut impl BufMut) {
                $($kind::encode($number, &self.$field, buffer);)*
            }

            fn merge_field(
                &mut self,
                number: u32,
                wire: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                match number {
                    $($number => $kind::merge(wire, &mut self.$field, buffer, context),)*
                    _ => skip_field(wire, number, buffer, context),
                }
            }

            fn encoded_len(&self) -> usize {
                0 $(+ $kind::encoded_len($number, &self.$field))*
            }

            fn clear(&mut self) {
                *self = Self::default();
            }
        }
    )*};
}

/// Lists, each a way of writing that is made of one of prost's own.
macro_rules! lists {
    ($($list:ident: $one:ident, $type:ty $(, $kind:ident)?;)*) => {$(
        mod $list {
            use super::*;

            pub fn encode$(<$kind: Message>)?(number: u32, values: &[$type], buffer: &mut impl BufMut) {
                $one::encode_repeated(number, values, buffer);
            }

            pub fn merge$(<$kind: Message + Default>)?(
                wire: WireType,
                values: &mut Vec<$type>,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                $one::merge_repeated(wire, values, buffer, context)
            }

            pub fn encoded_len$(<$kind: Message>)?(number: u32, values: &[$type]) -> usize {
                $one::encoded_len_repeated(number, values)
            }
        }
    )*};
}

/// What may be left out.
macro_rules! options {
    ($($maybe:ident: $one:ident, $type:ty;)*) => {$(
        mod $maybe {
            use super::*;

            pub fn encode(number: u32, value: &Option<$type>, buffer: &mut impl BufMut) {
                if let Some(value) = value {
                    $one::encode(number, value, buffer);
                }
            }

            pub fn merge(
                wire: WireType,
                value: &mut Option<$type>,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                $one::merge(wire, value.get_or_insert_default(), buffer, context)
            }

            pub fn encoded_len(number: u32, value: &Option<$type>) -> usize {
                value.as_ref().map_or(0, |value| $one::encoded_len(number, value))
            }
        }
    )*};
}

lists! {
    strings: string, String;
    numbers: int64, i64;
    list: message, T, T;
}

options! {
    maybe_string: string, String;
    maybe_number: int64, i64;
    maybe_float: float, f32;
}

messages! {
    /// An ONNX file.
    ModelProto {
        1 ir_version: int64, i64;
        2 producer_name: string, String;
        3 producer_version: string, String;
        7 graph: message, GraphProto;
        8 opset_import: list, Vec<OperatorSetIdProto>;
    }

    /// Which operators the nodes are; the domain is empty for ONNX's own.
    OperatorSetIdProto {
        1 domain: string, String;
        2 version: int64, i64;
    }

    /// Nodes in the order in which they can be computed, and the constants that they read.
    GraphProto {
        1 node: list, Vec<NodeProto>;
        2 name: string, String;
        5 initializer: list, Vec<TensorProto>;
        11 input: list, Vec<ValueInfoProto>;
        12 output: list, Vec<ValueInfoProto>;
    }

    /// An operator applied to values, which it names.
    NodeProto {
        1 input: strings, Vec<String>;
        2 output: strings, Vec<String>;
        3 name: string, String;
        4 op_type: string, String;
        5 attribute: list, Vec<AttributeProto>;
    }

    /// A setting of an operator; `type` says which of the others holds it.
    AttributeProto {
        1 name: string, String;
        2 f: maybe_float, Option<f32>;
        3 i: maybe_number, Option<i64>;
        8 ints: numbers, Vec<i64>;
        20 r#type: int32, i32;
    }

    /// A constant: its bytes row after row, little-endian.
    TensorProto {
        1 dims: numbers, Vec<i64>;
        2 data_type: int32, i32;
        8 name: string, String;
        9 raw_data: bytes, Vec<u8>;
    }

    /// The name and type of an input or output.
    ValueInfoProto {
        1 name: string, String;
        2 r#type: message, TypeProto;
    }

    /// A type; all of ours are tensors.
    TypeProto {
        1 tensor_type: message, TensorTypeProto;
    }

    /// Elements and shape.
    TensorTypeProto {
        1 elem_type: int32, i32;
        2 shape: message, ShapeProto;
    }

    /// The sides of a tensor.
    ShapeProto {
        1 dim: list, Vec<DimensionProto>;
    }

    /// A side: how long it always is, or the name of what is as long as the caller wants.
    DimensionProto {
        1 dim_value: maybe_number, Option<i64>;
        2 dim_param: maybe_string, Option<String>;
    }
}

/// Values of `AttributeProto.type`.
pub mod setting {
    pub const FLOAT: i32 = 1;
    pub const INT: i32 = 2;
    pub const INTS: i32 = 7;
}

/// What a tensor is made of: `TensorProto.DataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Element {
    /// 32-bit numbers.
    Float = 1,
    /// Bytes without a sign.
    Uint8 = 2,
    /// Whole numbers.
    Int64 = 7,
    /// 16-bit numbers.
    Float16 = 10,
}
