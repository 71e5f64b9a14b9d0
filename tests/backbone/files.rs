//! Weight files, read and written here by hand: safetensors, and PyTorch's zip with a pickle in it.

use std::collections::BTreeMap;
use std::path::Path;

/// Shapes and values by name.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Writes 32-bit tensors.
pub fn write_safetensors(path: &Path, tensors: &Tensors) {
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, (shape, values)) in tensors {
        let begin = end;
        end += values.len() * 4;
        let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, end]});
        header.insert(name.clone(), entry);
    }
    let header = serde_json::to_vec(&header).expect("json");
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(tensors.values().flat_map(|(_, values)| values).flat_map(|value| value.to_le_bytes()));
    std::fs::write(path, bytes).expect("writes");
}

/// Reads 16-bit tensors.
pub fn read_safetensors_f16(path: &Path) -> Tensors {
    let bytes = std::fs::read(path).expect("reads");
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).expect("json");
    let data = &bytes[8 + length..];
    let entries = header.as_object().expect("object").iter().filter(|(name, _)| *name != "__metadata__");
    let tensor = |entry: &serde_json::Value| {
        assert_eq!(entry["dtype"], "F16");
        let numbers = |key: &str| -> Vec<usize> {
            entry[key].as_array().expect("array").iter().map(|n| n.as_u64().expect("number") as usize).collect()
        };
        let range = numbers("data_offsets");
        let values = data[range[0]..range[1]].chunks(2).map(|pair| half(u16::from_le_bytes([pair[0], pair[1]])));
        (numbers("shape"), values.collect())
    };
    entries.map(|(name, entry)| (name.clone(), tensor(entry))).collect()
}

/// A 16-bit float (IEEE 754 binary16, finite).
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
    sign * if exponent == 0 { fraction * 2.0_f32.powi(-14) } else { (1.0 + fraction) * 2.0_f32.powi(exponent - 15) }
}

/// Writes a state dictionary as `torch.save` does: a stored zip with the pickle and one file a tensor.
pub fn write_pth(path: &Path, prefix: &str, tensors: &Tensors) {
    let mut entries = vec![("archive/data.pkl".to_owned(), pickle(prefix, tensors))];
    for (index, (_, values)) in tensors.values().enumerate() {
        entries.push((format!("archive/data/{index}"), values.iter().flat_map(|value| value.to_le_bytes()).collect()));
    }
    entries.push(("archive/version".to_owned(), b"3\n".to_vec()));
    std::fs::write(path, zip(&entries)).expect("writes");
}

/// Protocol 2: a dictionary of `torch._utils._rebuild_tensor_v2` calls on storages kept elsewhere.
fn pickle(prefix: &str, tensors: &Tensors) -> Vec<u8> {
    let mut out = b"\x80\x02}(".to_vec();
    let text = |out: &mut Vec<u8>, text: &str| {
        out.push(b'X');
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.as_bytes());
    };
    let int = |out: &mut Vec<u8>, value: usize| {
        out.push(b'J');
        out.extend((value as i32).to_le_bytes());
    };
    for (index, (name, (shape, values))) in tensors.iter().enumerate() {
        text(&mut out, &format!("{prefix}{name}"));
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut out, "storage");
        out.extend(b"ctorch\nFloatStorage\n");
        text(&mut out, &index.to_string());
        text(&mut out, "cpu");
        int(&mut out, values.len());
        out.extend(b"tQ");
        int(&mut out, 0);
        let strides = (0..shape.len()).map(|axis| shape[axis + 1..].iter().product::<usize>());
        for numbers in [shape.clone(), strides.collect()] {
            out.push(b'(');
            numbers.into_iter().for_each(|number| int(&mut out, number));
            out.push(b't');
        }
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.");
    out
}

fn zip(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in entries {
        let offset = out.len() as u32;
        let sizes = [crc32(data), data.len() as u32, data.len() as u32];
        // Version 2.0, no flags, stored, midnight of 1 January 1980.
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        out.extend([b"PK\x03\x04", &common[..], name.as_bytes(), data].concat());
        let rest = [&[0; 10][..], &offset.to_le_bytes(), name.as_bytes()].concat();
        directory.extend([b"PK\x01\x02\x14\x00", &common[..], &rest].concat());
    }
    let (count, begin) = ((entries.len() as u16).to_le_bytes(), out.len() as u32);
    let end = [(directory.len() as u32).to_le_bytes(), begin.to_le_bytes()].concat();
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &end, &[0, 0]].concat());
    out
}

fn crc32(data: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    };
    !data.iter().fold(!0, step)
}
