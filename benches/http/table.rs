//! Result table.

use std::fmt;

use super::Measured;
use super::rows::{AUTHORIZE, OPAQUE, PRIVATE, Row};

/// Measurements of every row.
pub(crate) struct Table<'a> {
    rows: &'a [Row],
    measured: Vec<Vec<Measured>>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(rows: &'a [Row]) -> Self {
        Self { rows, measured: vec![Vec::new(); rows.len()] }
    }

    pub(crate) fn add(&mut self, place: usize, measured: Measured) {
        if let Some(row) = self.measured.get_mut(place) {
            row.push(measured);
        }
    }

    /// Median, over the rounds, of the ratio of a value of this row to that of another row in the same
    /// round.
    fn ratio(&self, place: usize, to: usize, figure: impl Fn(&Measured) -> f64) -> f64 {
        let (Some(row), Some(other)) = (self.measured.get(place), self.measured.get(to)) else {
            return f64::NAN;
        };
        median(row.iter().zip(other).map(|(one, other)| figure(one) / figure(other)).collect())
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "| row | CPU a request, µs | to bare | to public | requests a second | to public |\n\
             |---|---|---|---|---|---|"
        )?;
        for (place, row) in self.rows.iter().enumerate() {
            let figures = self.measured.get(place).map_or(&[][..], Vec::as_slice);
            let cpu = median(figures.iter().map(|figure| figure.cpu).collect());
            let rate = median(figures.iter().map(|figure| figure.requests_per_second).collect());
            writeln!(
                formatter,
                "| {} | {cpu:.1} | {:.2} | {:.2} | {rate:.0} | {:.2} |",
                row.name,
                self.ratio(place, 0, |figure| figure.cpu),
                self.ratio(place, 1, |figure| figure.cpu),
                self.ratio(place, 1, |figure| figure.requests_per_second),
            )?;
        }
        let place = |name| self.rows.iter().position(|row| row.name == name);
        if let (Some(authorize), Some(private)) = (place(AUTHORIZE), place(PRIVATE)) {
            let ratio = self.ratio(authorize, private, |figure| figure.cpu);
            writeln!(formatter, "\n{AUTHORIZE}, to {PRIVATE}: {ratio:.2} of the CPU time")?;
        }
        if let (Some(opaque), Some(private)) = (place(OPAQUE), place(PRIVATE)) {
            let cpu = self.ratio(opaque, private, |figure| figure.cpu);
            let rate = self.ratio(opaque, private, |figure| figure.requests_per_second);
            writeln!(
                formatter,
                "\n{OPAQUE}, to {PRIVATE}: {rate:.2} of the rate, {cpu:.2} of the CPU time"
            )?;
        }
        Ok(())
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
