//! Putting an ONNX graph together, node by node. Knows ONNX's protobuf types and nothing of networks.

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::Dimension;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Size;
use tract_onnx::pb::{
    AttributeProto, GraphProto, NodeProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto,
    type_proto,
};

/// A graph under construction; every value has a name, which is also that of the node that makes it.
#[derive(Debug, Default)]
pub(super) struct Builder {
    graph: GraphProto,
}

/// A size along one axis: known, or named.
#[derive(Debug, Clone, Copy)]
pub(super) enum Axis {
    Fixed(usize),
    Named(&'static str),
}

impl Builder {
    pub(super) fn new(name: &str, about: &str) -> Self {
        Self { graph: GraphProto { name: name.to_owned(), doc_string: about.to_owned(), ..GraphProto::default() } }
    }

    /// Constant 32-bit floats of a shape; gives the name back.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        self.constant(name, shape, DataType::Float, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// A constant number.
    pub(super) fn number(&mut self, name: &str, value: f64) -> String {
        self.floats(name, &[], &[value as f32])
    }

    /// A constant list of 64-bit integers.
    pub(super) fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, &[values.len()], DataType::Int64, bytes)
    }

    fn constant(&mut self, name: &str, shape: &[usize], kind: DataType, raw_data: Vec<u8>) -> String {
        let dims = shape.iter().map(|&size| size as i64).collect();
        let name = name.to_owned();
        let tensor =
            TensorProto { name: name.clone(), dims, data_type: kind as i32, raw_data, ..TensorProto::default() };
        self.graph.initializer.push(tensor);
        name
    }

    /// A node with one output; gives the output's name back.
    pub(super) fn node(&mut self, op: &str, output: &str, inputs: &[&str], attributes: &[(&str, &[i64])]) -> String {
        self.nodes(op, &[output], inputs, attributes);
        output.to_owned()
    }

    /// A node with several outputs, named after the first. An attribute of one number is an integer, of several a list.
    pub(super) fn nodes(&mut self, op: &str, outputs: &[&str], inputs: &[&str], attributes: &[(&str, &[i64])]) {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        self.graph.node.push(NodeProto {
            name: outputs[0].to_owned(),
            op_type: op.to_owned(),
            input: owned(inputs),
            output: owned(outputs),
            attribute: attributes.iter().map(|&(name, values)| attribute(name, values)).collect(),
            ..NodeProto::default()
        });
    }

    pub(super) fn input(&mut self, name: &str, shape: &[Axis], about: &str) {
        self.graph.input.push(value_info(name, shape, about));
    }

    pub(super) fn output(&mut self, name: &str, shape: &[Axis], about: &str) {
        self.graph.output.push(value_info(name, shape, about));
    }

    pub(super) fn finish(self) -> GraphProto {
        self.graph
    }
}

fn attribute(name: &str, values: &[i64]) -> AttributeProto {
    let attribute = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
    match values {
        [value] => AttributeProto { r#type: attribute_proto::AttributeType::Int as i32, i: *value, ..attribute },
        _ => AttributeProto { r#type: attribute_proto::AttributeType::Ints as i32, ints: values.to_vec(), ..attribute },
    }
}

fn value_info(name: &str, shape: &[Axis], about: &str) -> ValueInfoProto {
    let dimension = |axis: &Axis| {
        let value = match axis {
            Axis::Fixed(size) => Size::DimValue(*size as i64),
            Axis::Named(name) => Size::DimParam((*name).to_owned()),
        };
        Dimension { value: Some(value), ..Dimension::default() }
    };
    let shape = TensorShapeProto { dim: shape.iter().map(dimension).collect() };
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(shape) };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() }),
        doc_string: about.to_owned(),
    }
}
