//! A network written by code.

use std::cell::RefCell;

use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataType, Dimension, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto, TypeProtoTensor, ValueInfoProto,
};

use super::runner::OnnxNetwork;
use crate::extraction::ModelError;

/// The version of the standard operators: the first that has `Gelu`.
const OPERATORS: i64 = 20;
const FILE_VERSION: i64 = 9;

/// What a node gives, a constant, or the input.
#[derive(Clone)]
pub(in crate::extraction) struct Value(String);

impl Value {
    /// In the place of an input that a node can do without.
    pub(in crate::extraction) fn none() -> Self {
        Self(String::new())
    }
}

/// A setting of a node.
#[derive(Clone, Copy)]
pub(in crate::extraction) enum Attribute {
    Number(&'static str, i64),
    Pair(&'static str, [i64; 2]),
    Four(&'static str, [i64; 4]),
    Text(&'static str, &'static str),
}

/// A graph in the making.
#[derive(Default)]
pub(in crate::extraction) struct GraphBuilder {
    graph: GraphProto,
    values: usize,
}

impl GraphBuilder {
    /// The input: a picture at a time, of any size.
    pub(in crate::extraction) fn input(&mut self, channels: usize) -> Value {
        let fixed = |length| Dimension { dim_value: Some(length), dim_param: None };
        let named = |name: &str| Dimension { dim_value: None, dim_param: Some(name.to_owned()) };
        let dim = vec![fixed(1), fixed(channels as i64), named("height"), named("width")];
        let value = self.value();
        self.graph.input.push(described(&value, Some(TensorShapeProto { dim })));
        value
    }

    /// A constant. Its numbers are as many as its shape says.
    pub(in crate::extraction) fn constant(&mut self, shape: &[usize], values: &[f32]) -> Value {
        let value = self.value();
        self.graph.initializer.push(tensor(&value.0, shape, values));
        value
    }

    /// A node of one of the standard operators.
    pub(in crate::extraction) fn node(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: &[Attribute],
    ) -> Value {
        let [value] = self.node_of(operator, inputs, attributes);
        value
    }

    /// A node that gives several values.
    pub(in crate::extraction) fn node_of<const N: usize>(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: &[Attribute],
    ) -> [Value; N] {
        let values = std::array::from_fn(|_| self.value());
        self.graph.node.push(NodeProto {
            op_type: Some(operator.to_owned()),
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: values.iter().map(|value: &Value| value.0.clone()).collect(),
            attribute: attributes.iter().map(|attribute| attribute.encoded()).collect(),
            ..NodeProto::default()
        });
        values
    }

    /// The network that computes these outputs.
    pub(in crate::extraction) fn into_network(
        mut self,
        input: &Value,
        outputs: &[&Value],
    ) -> Result<OnnxNetwork, ModelError> {
        self.graph.output = outputs.iter().map(|value| described(value, None)).collect();
        let operators = OperatorSetIdProto { domain: None, version: Some(OPERATORS) };
        let model = ModelProto {
            ir_version: Some(FILE_VERSION),
            graph: Some(self.graph),
            opset_import: vec![operators],
            ..ModelProto::default()
        };
        let names: Vec<&str> = outputs.iter().map(|value| value.0.as_str()).collect();
        OnnxNetwork::load(&model, &input.0, &names)
    }

    fn value(&mut self) -> Value {
        self.values += 1;
        Value(format!("v{}", self.values))
    }
}

impl Attribute {
    fn encoded(self) -> AttributeProto {
        let attribute = |name: &str, kind| AttributeProto {
            name: Some(name.to_owned()),
            r#type: Some(kind),
            ..AttributeProto::default()
        };
        let several = |name, ints: &[i64]| AttributeProto {
            ints: ints.to_vec(),
            ..attribute(name, AttributeType::INTS)
        };
        match self {
            Self::Number(name, i) => AttributeProto { i: Some(i), ..attribute(name, AttributeType::INT) },
            Self::Pair(name, ints) => several(name, &ints),
            Self::Four(name, ints) => several(name, &ints),
            Self::Text(name, text) => {
                AttributeProto { s: Some(text.to_owned()), ..attribute(name, AttributeType::STRING) }
            }
        }
    }
}

fn described(value: &Value, shape: Option<TensorShapeProto>) -> ValueInfoProto {
    let tensor_type = TypeProtoTensor { elem_type: Some(DataType::FLOAT), shape };
    let kind = TypeProto { tensor_type: Some(tensor_type), sequence: None };
    ValueInfoProto { name: Some(value.0.clone()), r#type: Some(kind) }
}

/// Numbers as a file has them.
pub(super) fn tensor(name: &str, shape: &[usize], values: &[f32]) -> TensorProto {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    TensorProto {
        name: Some(name.to_owned()),
        dims: shape.iter().map(|&length| length as i64).collect(),
        data_type: Some(DataType::FLOAT),
        raw_data: Some(RefCell::new(bytes)),
        ..TensorProto::default()
    }
}
