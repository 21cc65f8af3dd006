//! The report of `evaluate` for people.

use std::io::{self, Write};

use biomatch::evaluation::{DatabaseReport, Databases, Estimate, OperatingPoint, Rates, Report};

/// Width of a rate with its interval.
const CELL: usize = 21;

pub(crate) fn write(out: &mut impl Write, report: &Report, databases: &Databases) -> io::Result<()> {
    let lines: Vec<&DatabaseReport> = report.databases.iter().chain(&report.pooled).collect();
    let widest = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0).max(8);
    writeln!(out, "Error rates in percent{}", explain_intervals(report))?;
    writeln!(out)?;
    write_head(out, report, widest)?;
    for line in &report.databases {
        write_rates(out, &line.name, &counts_of(line), &line.rates, widest)?;
    }
    if let Some(mean) = &report.mean {
        write_rates(out, "mean", &Default::default(), mean, widest)?;
    }
    if let Some(pooled) = &report.pooled {
        write_rates(out, &pooled.name, &counts_of(pooled), &pooled.rates, widest)?;
    }
    write_thresholds(out, &lines, widest)?;
    write_notes(out, &lines, databases)
}

fn explain_intervals(report: &Report) -> String {
    match report.replicates {
        0 => String::new(),
        n => format!(", with 95 % intervals of {n} bootstrap samples of the subjects"),
    }
}

fn write_head(out: &mut impl Write, report: &Report, widest: usize) -> io::Result<()> {
    write!(
        out,
        "{:widest$} {:>8} {:>8} {:>9}  {:CELL$}",
        "database", "subjects", "genuine", "impostor", "EER"
    )?;
    let points = report.databases.first().map_or(&[][..], |line| &line.rates.fnmr_at);
    for point in points {
        write!(out, "  {:CELL$}", format!("FNMR {}", at_limit(point)))?;
    }
    writeln!(out)
}

fn at_limit(point: &OperatingPoint) -> String {
    if point.fmr_limit == 0.0 { "at zero FMR".to_owned() } else { format!("at FMR {:e}", point.fmr_limit) }
}

fn counts_of(line: &DatabaseReport) -> [String; 3] {
    [line.counts.subjects, line.counts.genuine, line.counts.impostor].map(|count| count.to_string())
}

fn write_rates(
    out: &mut impl Write,
    name: &str,
    [subjects, genuine, impostor]: &[String; 3],
    rates: &Rates,
    widest: usize,
) -> io::Result<()> {
    write!(out, "{name:widest$} {subjects:>8} {genuine:>8} {impostor:>9}")?;
    for estimate in std::iter::once(&rates.eer).chain(rates.fnmr_at.iter().map(|point| &point.fnmr)) {
        write!(out, "  {:CELL$}", cell(estimate))?;
    }
    writeln!(out)
}

fn cell(estimate: &Estimate) -> String {
    let rate = 100.0 * estimate.rate;
    match estimate.interval {
        Some(interval) => format!("{rate:6.3} [{:.2}, {:.2}]", 100.0 * interval.low, 100.0 * interval.high),
        None => format!("{rate:6.3}"),
    }
}

fn write_thresholds(out: &mut impl Write, lines: &[&DatabaseReport], widest: usize) -> io::Result<()> {
    writeln!(out)?;
    writeln!(out, "Thresholds (match if the score is at least this) and errors there")?;
    for line in lines {
        write!(out, "{:widest$}", line.name)?;
        if let Some(threshold) = line.rates.eer_threshold {
            write!(out, "  EER {threshold}")?;
        }
        for point in &line.rates.fnmr_at {
            let threshold = point.threshold.map_or("above all scores".to_owned(), |score| score.to_string());
            write!(out, "; {} {threshold}", at_limit(point))?;
            if let (Some(matches), Some(non_matches)) = (point.false_matches, point.false_non_matches) {
                write!(out, " ({matches} + {non_matches})")?;
            }
        }
        writeln!(out)?;
    }
    writeln!(out, "In parentheses: false matches + false non-matches.")
}

fn write_notes(out: &mut impl Write, lines: &[&DatabaseReport], databases: &Databases) -> io::Result<()> {
    for line in lines {
        let counts = line.counts;
        if counts.genuine_without_score + counts.impostor_without_score > 0 {
            let (genuine, impostor) = (counts.genuine_without_score, counts.impostor_without_score);
            writeln!(
                out,
                "{}: no score for {genuine} genuine and {impostor} impostor comparisons",
                line.name
            )?;
        }
        let too_fine = |point: &&OperatingPoint| {
            point.fmr_limit > 0.0 && point.fmr_limit * (counts.impostor as f64) < 1.0 - 1e-9
        };
        if let Some(point) = line.rates.fnmr_at.iter().find(too_fine) {
            let (name, limit, impostor) = (&line.name, point.fmr_limit, counts.impostor);
            writeln!(
                out,
                "{name}: {impostor} impostor comparisons cannot show an FMR of {limit:e}; it is zero FMR"
            )?;
        }
        if line.rates.fnmr_at.iter().any(|point| point.false_non_matches == Some(0)) {
            let (name, subjects) = (&line.name, counts.subjects);
            let bound = 300.0 / subjects.max(3) as f64;
            writeln!(
                out,
                "{name}: no false non-match seen in {subjects} subjects leaves up to {bound:.2} % (rule of three)"
            )?;
        }
    }
    if databases.between > 0 {
        writeln!(out, "{} comparisons between folders count in \"pooled\" only", databases.between)?;
    }
    Ok(())
}
