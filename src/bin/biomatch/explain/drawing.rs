//! Two impressions side by side, their minutiae and the pairs, as SVG 1.1.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use biomatch::fingerprint::Explanation;
use biomatch::picture::FingerprintPicture;
use biomatch::template::{Frame, Minutia};
use biomatch::units::Length;

/// An impression to draw.
pub(super) struct Print<'a> {
    pub(super) name: String,
    pub(super) minutiae: &'a [Minutia],
    pub(super) frame: Option<Frame>,
    /// To lie below the minutiae.
    pub(super) picture: Option<&'a FingerprintPicture>,
}

/// The larger impression is drawn at most this wide and high, in units of the drawing.
const PANEL: [f64; 2] = [620.0, 720.0];
/// Around and between the impressions.
const MARGIN: f64 = 40.0;
/// Above the impressions: title and names.
const HEAD: f64 = 90.0;
/// Radius of a minutia, and length of the line that shows its direction.
const RADIUS: f64 = 4.5;
const TAIL: f64 = 17.0;

/// Where an impression lies on the drawing.
struct Panel {
    left: f64,
    top: f64,
    /// The corner of its picture, or else of its minutiae's bounding box, micrometres.
    corner: [f64; 2],
    /// The size of that box, micrometres.
    size: [f64; 2],
}

impl Panel {
    fn new(print: &Print<'_>) -> Self {
        if let (Some(_), Some(frame)) = (print.picture, print.frame) {
            return Self { left: 0.0, top: HEAD, corner: [0.0, 0.0], size: micrometres(frame) };
        }
        let minutiae = print.minutiae;
        let bounds = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::MAX, f64::MIN), |(least, most), at| (least.min(at), most.max(at)))
        };
        let x = bounds(&mut minutiae.iter().map(|m| at(m)[0]));
        let y = bounds(&mut minutiae.iter().map(|m| at(m)[1]));
        let [x, y] = [x, y].map(|(least, most)| if least > most { (0.0, 0.0) } else { (least, most) });
        Self { left: 0.0, top: HEAD, corner: [x.0, y.0], size: [x.1 - x.0, y.1 - y.0] }
    }

    /// Where a minutia lies on the drawing.
    fn place(&self, minutia: &Minutia, scale: f64) -> [f64; 2] {
        let [x, y] = at(minutia);
        [self.left + (x - self.corner[0]) * scale, self.top + (y - self.corner[1]) * scale]
    }
}

/// The size of a picture.
fn micrometres(frame: Frame) -> [f64; 2] {
    let length = |pixels, resolution| {
        Length::from_pixels(pixels, resolution).map_or(0.0, |length| f64::from(length.micrometres()))
    };
    [length(frame.width, frame.resolution_x), length(frame.height, frame.resolution_y)]
}

fn at(minutia: &Minutia) -> [f64; 2] {
    [f64::from(minutia.x.micrometres()), f64::from(minutia.y.micrometres())]
}

/// The drawing. Both impressions have one scale; the second has the orientation of its capture.
pub(super) fn svg(a: &Print<'_>, b: &Print<'_>, explanation: &Explanation) -> String {
    let mut panels = [Panel::new(a), Panel::new(b)];
    let largest = |axis: usize| panels[0].size[axis].max(panels[1].size[axis]).max(1.0);
    let scale = (PANEL[0] / largest(0)).min(PANEL[1] / largest(1));
    let (wide, high) = (largest(0) * scale, largest(1) * scale);
    panels[0].left = MARGIN + (wide - panels[0].size[0] * scale) / 2.0;
    panels[1].left = 3.0 * MARGIN + wide + (wide - panels[1].size[0] * scale) / 2.0;
    for panel in &mut panels {
        panel.top += (high - panel.size[1] * scale) / 2.0;
    }
    let (width, height) = (4.0 * MARGIN + 2.0 * wide, HEAD + high + 2.0 * MARGIN);

    let mut svg = String::new();
    let mut line = |text: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = svg.write_fmt(text);
        svg.push('\n');
    };
    line(format_args!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" font-family="sans-serif">"#
    ));
    line(format_args!(r#"<rect width="100%" height="100%" fill="white"/>"#));
    let summary = format!(
        "score {:.2}: {} pairs, their support is {:.2} of the overlap; relaxed {:.3}",
        explanation.score.get(),
        explanation.pairs.len(),
        explanation.share.get(),
        explanation.relaxed.get()
    );
    line(format_args!(r#"<text x="{MARGIN}" y="34" font-size="20">{}</text>"#, escaped(&summary)));
    for (print, left) in [(a, MARGIN), (b, 3.0 * MARGIN + wide)] {
        let name = format!("{} ({} minutiae)", print.name, print.minutiae.len());
        line(format_args!(
            r##"<text x="{left:.0}" y="62" font-size="15" fill="#555">{}</text>"##,
            escaped(&name)
        ));
    }
    let middle = 2.0 * MARGIN + wide;
    line(format_args!(
        r##"<line x1="{middle:.0}" y1="50" x2="{middle:.0}" y2="{:.0}" stroke="#ddd"/>"##,
        height - MARGIN / 2.0
    ));

    for (print, panel) in [a, b].into_iter().zip(&panels) {
        let Some(picture) = print.picture else { continue };
        let [wide, high] = panel.size.map(|side| side * scale);
        line(format_args!(
            r#"<image x="{:.1}" y="{:.1}" width="{wide:.1}" height="{high:.1}" preserveAspectRatio="none" opacity="0.55" href="data:image/png;base64,{}"/>"#,
            panel.left,
            panel.top,
            STANDARD.encode(picture.to_png()),
        ));
    }
    // Lines first, so that minutiae lie upon them.
    for pair in &explanation.pairs {
        let (Some(m), Some(n)) = (a.minutiae.get(pair.a), b.minutiae.get(pair.b)) else { continue };
        let ([x1, y1], [x2, y2]) = (panels[0].place(m, scale), panels[1].place(n, scale));
        let support = f64::from(pair.support.get());
        line(format_args!(
            r#"<line class="pair" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{}" stroke-opacity="{:.2}"/>"#,
            colour(support),
            0.15 + 0.3 * support
        ));
    }
    for (side, (print, panel)) in [a, b].into_iter().zip(&panels).enumerate() {
        // The number of each minutia's pair and its support.
        let mut paired = vec![None; print.minutiae.len()];
        for (number, pair) in (1..).zip(&explanation.pairs) {
            let index = if side == 0 { pair.a } else { pair.b };
            if let Some(paired) = paired.get_mut(index) {
                *paired = Some((number, f64::from(pair.support.get())));
            }
        }
        for (minutia, paired) in print.minutiae.iter().zip(paired) {
            let [x, y] = panel.place(minutia, scale);
            let angle = f64::from(minutia.angle.radians());
            let (dx, dy) = (angle.cos(), -angle.sin());
            let (tail_x, tail_y) = (x + TAIL * dx, y + TAIL * dy);
            let (class, colour, wide) = match paired {
                Some((_, support)) => ("paired", colour(support), 2.0),
                None => ("unpaired", "#aaa".to_owned(), 1.2),
            };
            line(format_args!(
                r#"<g class="{class}" stroke="{colour}" stroke-width="{wide}" fill="none"><circle cx="{x:.1}" cy="{y:.1}" r="{RADIUS}"/><line x1="{:.1}" y1="{:.1}" x2="{tail_x:.1}" y2="{tail_y:.1}"/></g>"#,
                x + RADIUS * dx,
                y + RADIUS * dy,
            ));
            if let Some((number, _)) = paired {
                // Behind the minutia, where its own line is not.
                let (x, y) = (x - 13.0 * dx, y - 13.0 * dy + 4.0);
                line(format_args!(
                    r#"<text x="{x:.1}" y="{y:.1}" font-size="11" text-anchor="middle" stroke="white" stroke-width="3" paint-order="stroke">{number}</text>"#
                ));
            }
        }
    }
    let foot = height - MARGIN / 2.0;
    line(format_args!(
        r##"<text x="{MARGIN}" y="{foot:.0}" font-size="13" fill="#555">A pair has one number on both sides. Its colour is its support from the other pairs: <tspan fill="{}">none</tspan>, <tspan fill="{}">some</tspan>, <tspan fill="{}">full</tspan>. Grey: not paired.</text>"##,
        colour(0.0),
        colour(0.5),
        colour(1.0)
    ));
    line(format_args!("</svg>"));
    svg
}

/// From red, without support, through amber to green.
fn colour(support: f64) -> String {
    const RED: [f64; 3] = [200.0, 30.0, 30.0];
    const AMBER: [f64; 3] = [200.0, 140.0, 0.0];
    const GREEN: [f64; 3] = [0.0, 130.0, 50.0];
    let along = 2.0 * support.clamp(0.0, 1.0);
    let (from, to, along) = if along < 1.0 { (RED, AMBER, along) } else { (AMBER, GREEN, along - 1.0) };
    let [red, green, blue] = [0, 1, 2].map(|i| (from[i] + along * (to[i] - from[i])).round() as u8);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Text as XML content.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // XML has no other control characters.
            c if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}
