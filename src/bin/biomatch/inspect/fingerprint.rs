//! Facts about a fingerprint record, without its minutiae.

use biomatch::template::{CaptureTime, FingerPosition, FingerprintRecord, FingerprintTemplate, Frame};

use crate::facts::Facts;

pub(super) fn facts(record: &FingerprintRecord) -> Facts {
    let warnings: Vec<String> = record.warnings.iter().map(ToString::to_string).collect();
    let wrappers: Vec<String> = record.wrappers.iter().map(ToString::to_string).collect();
    let product = record.product;
    Facts::default()
        .with("kind", "fingerprint record")
        .with("dialect", record.dialect.to_string())
        .with_some("wrapped_in", (!wrappers.is_empty()).then_some(wrappers))
        .with_some(
            "product",
            (product.owner != 0).then(|| format!("{:#06x}/{:#06x}", product.owner, product.kind)),
        )
        .with("views", record.views.iter().map(view).collect::<Vec<_>>())
        .with_some("departures_from_the_standard", (!warnings.is_empty()).then_some(warnings))
}

fn view(view: &FingerprintTemplate) -> Facts {
    let extended: Vec<String> = view
        .extended
        .iter()
        .map(|block| format!("{:?}, code {:#06x}, {} bytes", block.kind(), block.code, block.bytes.len()))
        .collect();
    Facts::default()
        .with("position", position(view.position))
        .with("view", u64::from(view.view))
        .with("minutiae", view.minutiae.len())
        .with_some("quality", view.quality.map(|quality| u64::from(quality.get())))
        .with("impression", u64::from(view.impression.code()))
        .with_some("picture", view.frame.map(frame))
        .with_some("captured", view.capture.time.map(time))
        .with_some("extended_data", (!extended.is_empty()).then_some(extended))
}

fn position(position: FingerPosition) -> String {
    match position {
        FingerPosition::Unknown => "unknown".to_owned(),
        FingerPosition::Known(finger) => finger.name().replace('_', " "),
        FingerPosition::Other(code) => format!("code {code}"),
    }
}

fn frame(frame: Frame) -> String {
    let [x, y] = [frame.resolution_x, frame.resolution_y].map(|r| r.pixels_per_centimetre());
    format!("{} x {} pixels at {x} x {y} pixels a centimetre", frame.width, frame.height)
}

fn time(time: CaptureTime) -> String {
    let known = |value: u8| if value == u8::MAX { "--".to_owned() } else { format!("{value:02}") };
    let year = if time.year == u16::MAX { "----".to_owned() } else { format!("{:04}", time.year) };
    let [month, day, hour, minute, second] =
        [time.month, time.day, time.hour, time.minute, time.second].map(known);
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")
}
