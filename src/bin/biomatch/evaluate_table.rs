//! The report of `evaluate` for people.

use std::io::{self, Write};

use biomatch::escape::Escaped;
use biomatch::evaluation::{DatabaseReport, Databases, Estimate, OperatingPoint, Rates, Report};

/// Width of a rate with its interval, or of a threshold with its errors.
const CELL: usize = 22;

pub(crate) fn write(out: &mut impl Write, report: &Report, databases: &Databases) -> io::Result<()> {
    let lines: Vec<&DatabaseReport> = report.databases.iter().chain(&report.pooled).collect();
    let widest = lines
        .iter()
        .map(|line| Escaped::new(&line.name).to_string().chars().count())
        .max()
        .unwrap_or(0)
        .max(8);
    let limits: Vec<String> =
        report.databases.first().map_or(&[][..], |line| &line.rates.fnmr_at).iter().map(at_limit).collect();
    let intervals = match report.replicates {
        0 => String::new(),
        n => format!(", with 95 % intervals of {n} bootstrap samples of the subjects"),
    };
    writeln!(out, "Error rates in percent{intervals}")?;
    let head = ["EER".to_owned()].into_iter().chain(limits.iter().map(|limit| format!("FNMR {limit}")));
    row(out, widest, "database", &["subjects", "genuine", "impostor"].map(String::from), head)?;
    for line in &report.databases {
        row(out, widest, &line.name, &counts_of(line), rates(&line.rates))?;
    }
    if let Some(mean) = &report.mean {
        row(out, widest, "mean", &Default::default(), rates(mean))?;
    }
    if let Some(pooled) = &report.pooled {
        row(out, widest, &pooled.name, &counts_of(pooled), rates(&pooled.rates))?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "Thresholds: match if the score is at least this (false matches + false non-matches there)"
    )?;
    let head = ["EER".to_owned()].into_iter().chain(limits);
    row(out, widest, "database", &["", "", ""].map(String::from), head)?;
    for line in &lines {
        row(out, widest, &line.name, &Default::default(), thresholds(&line.rates))?;
    }
    write_notes(out, &lines, databases)
}

fn row(
    out: &mut impl Write,
    widest: usize,
    name: &str,
    [subjects, genuine, impostor]: &[String; 3],
    cells: impl Iterator<Item = String>,
) -> io::Result<()> {
    let name = Escaped::new(name).to_string();
    let mut line = format!("{name:widest$} {subjects:>8} {genuine:>8} {impostor:>9}");
    for cell in cells {
        line += &format!("  {cell:CELL$}");
    }
    writeln!(out, "{}", line.trim_end())
}

fn at_limit(point: &OperatingPoint) -> String {
    if point.fmr_limit == 0.0 { "at zero FMR".to_owned() } else { format!("at FMR {:e}", point.fmr_limit) }
}

fn counts_of(line: &DatabaseReport) -> [String; 3] {
    [line.counts.subjects, line.counts.genuine, line.counts.impostor].map(|count| count.to_string())
}

fn rates(rates: &Rates) -> impl Iterator<Item = String> {
    let cell = |estimate: &Estimate| {
        let rate = 100.0 * estimate.rate;
        match estimate.interval {
            Some(interval) => {
                format!("{rate:6.3} [{:.2}, {:.2}]", 100.0 * interval.low, 100.0 * interval.high)
            }
            None => format!("{rate:6.3}"),
        }
    };
    std::iter::once(cell(&rates.eer)).chain(rates.fnmr_at.iter().map(move |point| cell(&point.fnmr)))
}

fn thresholds(rates: &Rates) -> impl Iterator<Item = String> {
    let score = |threshold: Option<f64>| threshold.map_or("above all".to_owned(), |score| score.to_string());
    let cell = move |point: &OperatingPoint| match (point.false_matches, point.false_non_matches) {
        (Some(matches), Some(non_matches)) => {
            format!("{} ({matches} + {non_matches})", score(point.threshold))
        }
        _ => score(point.threshold),
    };
    std::iter::once(score(rates.eer_threshold)).chain(rates.fnmr_at.iter().map(cell))
}

/// What the numbers above do not show.
fn write_notes(out: &mut impl Write, lines: &[&DatabaseReport], databases: &Databases) -> io::Result<()> {
    let mut notes = Vec::new();
    for line in lines {
        let (genuine, impostor) = (line.counts.genuine_without_score, line.counts.impostor_without_score);
        if genuine + impostor > 0 {
            notes.push(format!(
                "{}: {genuine} genuine and {impostor} impostor comparisons have no score.",
                Escaped::new(&line.name)
            ));
        }
    }
    let points = || lines.iter().flat_map(|line| line.rates.fnmr_at.iter().map(move |point| (line, point)));
    let hidden = points().filter(|(line, point)| {
        point.fmr_limit > 0.0 && point.fmr_limit * (line.counts.impostor as f64) < 1.0 - 1e-9
    });
    if let Some((_, point)) = hidden.max_by(|a, b| a.1.fmr_limit.total_cmp(&b.1.fmr_limit)) {
        let least = 1.0 / point.fmr_limit;
        notes.push(format!(
            "FNMR {} is that at zero FMR where there are fewer than {least:.0} impostor comparisons.",
            at_limit(point)
        ));
    }
    let none_seen = points().filter(|(_, point)| point.false_non_matches == Some(0));
    if let Some(subjects) = none_seen.map(|(line, _)| line.counts.subjects).min() {
        let bound = 300.0 / subjects.max(3) as f64;
        notes.push(format!(
            "No error among {subjects} subjects still allows for {bound:.2} % of them, with 95 % confidence (rule of three)."
        ));
    }
    if databases.between > 0 {
        notes.push(format!("{} comparisons between folders count in \"pooled\" only.", databases.between));
    }
    if !notes.is_empty() {
        writeln!(out)?;
    }
    notes.iter().try_for_each(|note| writeln!(out, "{note}"))
}
