use std::cell::RefCell;

use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataType, GraphProto, ModelProto, NodeProto, TensorProto,
};
use rten_onnx::onnx::{
    Dimension, OperatorSetIdProto, TensorShapeProto, TypeProto, TypeProtoTensor, ValueInfoProto,
};

use super::*;
use crate::extraction::ModelError;

fn node(operator: &str, inputs: &[&str], output: &str, numbers: &[(&str, i64)]) -> NodeProto {
    let attribute = |&(name, i): &(&str, i64)| AttributeProto {
        name: Some(name.to_owned()),
        i: Some(i),
        r#type: Some(AttributeType::INT),
        ..AttributeProto::default()
    };
    NodeProto {
        name: Some(format!("node {output}")),
        op_type: Some(operator.to_owned()),
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.to_owned()],
        attribute: numbers.iter().map(attribute).collect(),
        ..NodeProto::default()
    }
}

fn described(name: &str, shape: &[i64]) -> ValueInfoProto {
    let dim = shape.iter().map(|&side| Dimension { dim_value: Some(side), dim_param: None }).collect();
    let shape = Some(TensorShapeProto { dim });
    let tensor_type = Some(TypeProtoTensor { elem_type: Some(DataType::FLOAT), shape });
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(TypeProto { tensor_type, sequence: None }) }
}

fn bytes(name: &str, shape: &[i64], values: &[i8]) -> TensorProto {
    TensorProto {
        name: Some(name.to_owned()),
        dims: shape.to_vec(),
        data_type: Some(DataType::INT8),
        raw_data: Some(RefCell::new(values.iter().map(|value| value.cast_unsigned()).collect())),
        ..TensorProto::default()
    }
}

fn sides(name: &str, sides: &[i64]) -> TensorProto {
    TensorProto {
        name: Some(name.to_owned()),
        dims: vec![sides.len() as i64],
        data_type: Some(DataType::INT64),
        int64_data: sides.to_vec(),
        ..TensorProto::default()
    }
}

fn file(graph: GraphProto) -> Vec<u8> {
    let operators = OperatorSetIdProto { domain: None, version: Some(21) };
    let model = ModelProto {
        ir_version: Some(10),
        graph: Some(graph),
        opset_import: vec![operators],
        ..ModelProto::default()
    };
    model.write_buf().unwrap()
}

/// `y = Identity(x + w)`, where `w` is of two rows of three bytes, in blocks of two: four scales, four zero points.
fn quantised(dropout: &[&str]) -> Vec<u8> {
    let blocks = [("axis", 1), ("block_size", 2)];
    file(GraphProto {
        node: vec![
            node("DequantizeLinear", &["w q", "w scales", "w zeros"], "w", &blocks),
            node("Reshape", &["w", "w shape"], "w reshaped", &[]),
            node("Add", &["x", "w reshaped"], "sum", &[]),
            node("Dropout", dropout, "y", &[]),
        ],
        initializer: vec![
            bytes("w q", &[2, 3], &[1, 2, 3, -4, -128, 127]),
            graph::tensor("w scales", &[2, 2], &[0.5, 2.0, 1.0, 10.0]),
            bytes("w zeros", &[2, 2], &[0, 1, -1, 2]),
            sides("w shape", &[3, 2]),
        ],
        input: vec![described("x", &[3, 2])],
        output: vec![described("y", &[3, 2])],
        ..GraphProto::default()
    })
}

#[test]
fn blocks_of_bytes_become_the_numbers_that_they_stand_for() {
    let mut file = OnnxFile::read(&quantised(&["sum"])).unwrap();
    file.simplify().unwrap();
    assert_eq!(file.tensor("w reshaped", &[3, 2]).unwrap(), [0.5, 1.0, 4.0, -3.0, -127.0, 1250.0]);
    assert!(file.tensor("w q", &[2, 3]).is_err(), "what nothing reads is gone");
    let network = file.into_network("x", &["y"]).unwrap();
    let [y] = <[_; 1]>::try_from(network.run(&[3, 2], &[1.0; 6]).unwrap()).ok().unwrap();
    assert_eq!(y, [1.5, 2.0, 5.0, -2.0, -126.0, 1251.0]);
}

#[test]
fn wrong_scales_and_shapes_are_errors_that_name_the_tensor() {
    let good = ModelProto::parse_buf(&quantised(&["sum"])).unwrap().graph.unwrap();
    let broken = |change: &dyn Fn(&mut GraphProto)| {
        let mut graph = good.clone();
        change(&mut graph);
        OnnxFile::read(&file(graph)).unwrap().simplify().unwrap_err().to_string()
    };
    let scales = "tensor w q: a scale for each 2 bytes along axis 1 of [2, 3] expected";
    assert_eq!(
        broken(&|graph| graph.initializer[1] = graph::tensor("w scales", &[2, 1], &[0.5, 2.0])),
        scales
    );
    assert_eq!(broken(&|graph| graph.initializer[1].dims = vec![4]), scales);
    assert_eq!(broken(&|graph| graph.initializer[2] = bytes("w zeros", &[1], &[1])), scales);
    assert_eq!(broken(&|graph| graph.initializer[0] = bytes("w q", &[2, 3], &[1])), scales);
    let huge = [i64::MAX, i64::MAX];
    assert!(broken(&|graph| graph.initializer[0] = bytes("w q", &huge, &[1])).contains("a scale for each"));
    assert!(broken(&|graph| graph.initializer[0].dims[0] = -1).contains("sides of at least no length"));
    assert!(broken(&|graph| graph.node[0].attribute[0].i = Some(2)).contains("an axis that it has"));
    assert!(broken(&|graph| graph.node[0].attribute[0].i = Some(i64::MIN)).contains("an axis that it has"));
    assert!(broken(&|graph| graph.node[0].attribute[1].i = Some(0)).contains("at least one byte"));
    assert!(
        broken(&|graph| graph.initializer[3] = sides("w shape", &[-1, 2])).contains("sides, all of them")
    );
    let reshaped = "tensor w reshaped: a shape of 6 numbers, not [4, 2] expected";
    assert_eq!(broken(&|graph| graph.initializer[3] = sides("w shape", &[4, 2])), reshaped);
}

/// `y = Relu(BatchNormalization(Conv(x)))`, two channels of two; with `and_conv`, `Conv(x)` is read once more.
fn normalised(bias: bool, and_conv: bool) -> GraphProto {
    let convolution: &[&str] = if bias { &["x", "w", "b"] } else { &["x", "w"] };
    let mut constants = vec![
        graph::tensor("w", &[2, 1, 1, 2], &[1.0, -2.0, 0.5, 3.0]),
        graph::tensor("scale", &[2], &[2.0, -1.5]),
        graph::tensor("shift", &[2], &[0.25, 1.0]),
        graph::tensor("mean", &[2], &[0.5, -1.0]),
        graph::tensor("variance", &[2], &[4.0, 0.25]),
    ];
    if bias {
        constants.push(graph::tensor("b", &[2], &[10.0, -3.0]));
    }
    let mut normalisation =
        node("BatchNormalization", &["c", "scale", "shift", "mean", "variance"], "n", &[]);
    normalisation.attribute.push(AttributeProto {
        name: Some("epsilon".to_owned()),
        f: Some(0.5),
        r#type: Some(AttributeType::FLOAT),
        ..AttributeProto::default()
    });
    let mut convolution = node("Conv", convolution, "c", &[]);
    let settings = [("strides", vec![1, 1]), ("dilations", vec![1, 1]), ("pads", vec![0; 4])];
    convolution.attribute.extend(settings.map(|(name, ints)| AttributeProto {
        name: Some(name.to_owned()),
        ints,
        r#type: Some(AttributeType::INTS),
        ..AttributeProto::default()
    }));
    let last = if and_conv { node("Add", &["n", "c"], "y", &[]) } else { node("Relu", &["n"], "y", &[]) };
    GraphProto {
        node: vec![convolution, normalisation, last],
        initializer: constants,
        input: vec![described("x", &[1, 1, 1, 4])],
        output: vec![described("y", &[1, 2, 1, 3])],
        ..GraphProto::default()
    }
}

#[test]
fn a_normalisation_is_folded_into_the_convolution_that_it_alone_reads() {
    let x = [1.0, -2.0, 3.0, 5.0];
    let run = |graph: GraphProto| {
        let network = OnnxFile::read(&file(graph)).unwrap().into_network("x", &["y"]).unwrap();
        network.run(&[1, 1, 1, 4], &x).unwrap().remove(0)
    };
    for (bias, and_conv) in [(false, false), (true, false), (true, true)] {
        let plain = normalised(bias, and_conv);
        let mut folded = plain.clone();
        folding::fold_normalisations(&mut folded).unwrap();
        let (nodes, constants) = if and_conv { (3, 6) } else { (2, 2) };
        assert_eq!((folded.node.len(), folded.initializer.len()), (nodes, constants));
        for (a, b) in run(plain).into_iter().zip(run(folded)) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
    let mut short = normalised(false, false);
    short.initializer[3] = graph::tensor("mean", &[3], &[0.0; 3]);
    let error = folding::fold_normalisations(&mut short).unwrap_err().to_string();
    assert_eq!(error, "tensor mean: 2 numbers, not 3 expected");
}

#[test]
fn tensors_are_found_by_their_name_or_by_the_node_that_reads_them() {
    let file = OnnxFile::read(&quantised(&["sum"])).unwrap();
    assert_eq!(file.tensor("w scales", &[2, 2]).unwrap(), [0.5, 2.0, 1.0, 10.0]);
    assert_eq!(file.input_of("node w", 1).unwrap(), "w scales");
    for missing in [
        file.tensor("w scales", &[4]).unwrap_err(),
        file.tensor("w q", &[2, 3]).unwrap_err(),
        file.tensor("b", &[]).unwrap_err(),
        file.input_of("node w", 3).map(drop).unwrap_err(),
        file.input_of("nodes", 0).map(drop).unwrap_err(),
    ] {
        assert!(matches!(missing, ModelError::Tensor { .. }), "{missing}");
    }
}

#[test]
fn an_input_of_other_sides_is_run() {
    let graph = || GraphProto {
        node: vec![node("Relu", &["x"], "y", &[])],
        input: vec![described("x", &[1, 1, 4, 4])],
        output: vec![described("y", &[1, 1, 4, 4])],
        ..GraphProto::default()
    };
    let fixed = OnnxFile::read(&file(graph())).unwrap().into_network("x", &["y"]).unwrap();
    let error = fixed.run(&[1, 1, 2, 2], &[1.0, -1.0, 2.0, -2.0]).map(drop).unwrap_err();
    assert!(error.to_string().starts_with("the network failed: "), "{error}");
    let mut other = OnnxFile::read(&file(graph())).unwrap();
    other.set_input_shape("x", &[Some(1), Some(1), Some(2), None]).unwrap();
    assert!(other.set_input_shape("y", &[Some(1)]).is_err());
    let network = other.into_network("x", &["y"]).unwrap();
    let y = network.run(&[1, 1, 2, 2], &[1.0, -1.0, 2.0, -2.0]).unwrap();
    assert_eq!(y[0], [1.0, 0.0, 2.0, 0.0]);
    assert!(network.run(&[1, 1, 2, 2], &[1.0]).is_err());
}

#[test]
fn what_the_runtime_cannot_do_is_an_error() {
    let graph = |operator| GraphProto {
        node: vec![node(operator, &["x"], "y", &[])],
        input: vec![described("x", &[1])],
        output: vec![described("y", &[1])],
        ..GraphProto::default()
    };
    let load = |operator| OnnxFile::read(&file(graph(operator))).unwrap().into_network("x", &["y"]).map(drop);
    let error = load("Frobnicate\u{7}").unwrap_err().to_string();
    assert!(
        error.starts_with("a graph that cannot be run: ") && error.contains("Frobnicate\\u{7}"),
        "{error}"
    );
    let file = OnnxFile::read(&file(graph("Relu"))).unwrap();
    assert!(matches!(file.into_network("x", &["z"]), Err(ModelError::Tensor { .. })));
}

#[test]
fn a_network_written_by_code_is_run_by_several_threads_at_once() {
    let mut graph = GraphBuilder::default();
    let input = graph.input(1);
    let weights = graph.constant(&[1, 1, 3, 3], &[1.0; 9]);
    let settings = [
        Attribute::Pair("kernel_shape", [3, 3]),
        Attribute::Four("pads", [2, 2, 2, 2]),
        Attribute::Pair("dilations", [2, 2]),
    ];
    let sum = graph.node("Conv", &[&input, &weights], &settings);
    let network = graph.into_network(&input, &[&sum]).unwrap();
    std::thread::scope(|scope| {
        let run = |of: f32| {
            let values: Vec<f32> = (0..25).map(|i| i as f32 * of).collect();
            network.run(&[1, 1, 5, 5], &values).unwrap().remove(0)
        };
        let threads: Vec<_> = (1..=4).map(|of| scope.spawn(move || run(of as f32))).collect();
        for (of, thread) in (1..).zip(threads) {
            let sums = thread.join().unwrap();
            // The middle sees the nine even places, a corner the four of its quarter.
            assert_eq!((sums[12], sums[0]), (108.0 * of as f32, 24.0 * of as f32));
        }
    });
}

#[test]
fn bytes_that_are_no_file_are_errors_that_name_the_place() {
    let good = quantised(&["sum"]);
    let problem = |bytes: &[u8]| match OnnxFile::read(bytes) {
        Err(error @ ModelError::NotOnnx { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => "none".to_owned(),
    };
    for length in 0..good.len() {
        problem(&good[..length]);
    }
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            problem(&bytes);
        }
    }
    assert!(problem(&[]).contains("a model with a graph expected"));
    assert!(
        problem(b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").contains("byte 0: a field that ends within")
    );
    assert!(problem(&[0x80; 20]).contains("byte 0: a number of at most ten bytes"));
    assert!(problem(b"\x3b").contains("byte 0: a field of a known type"));
    // A graph in a graph, a tensor in another file, and more fields than there are.
    assert!(problem(b"\x3a\x06\x0a\x04\x2a\x02\x32\x00").contains("byte 6: an operator without a graph"));
    assert!(problem(b"\x3a\x04\x2a\x02\x6a\x00").contains("byte 4: a tensor within the file"));
    assert!(problem(&[0x08, 0].repeat(1 << 20)).contains("a model with a graph"));
    assert!(problem(&[0x08, 0].repeat((1 << 20) + 1)).contains("at most a million fields"));
}
