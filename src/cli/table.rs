//! Aligned columns for people.

/// Which side a column's cells lean to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Lays out rows under headings; columns are two spaces apart and lines carry no trailing space.
pub(super) fn layout(columns: &[(&str, Side)], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([columns[column].0.chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(columns).zip(&widths).map(|((cell, column), width)| match column.1 {
            Side::Left => format!("{cell:<width$}"),
            Side::Right => format!("{cell:>width$}"),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let headings: Vec<String> = columns.iter().map(|column| column.0.to_owned()).collect();
    std::iter::once(&headings).chain(rows).map(|cells| line(cells)).collect::<Vec<_>>().join("\n")
}

/// Values as a row of bars of eight heights, at most `width` of them.
pub(super) fn sparkline(values: &[f64], width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let columns = width.min(values.len());
    let bar = |column: usize| {
        let value = values[column * values.len() / columns];
        let height = if high > low { (value - low) / (high - low) * 7.0 } else { 3.0 };
        BARS[(height.round() as usize).min(7)]
    };
    (0..columns).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_characters_not_bytes() {
        let rows = [vec!["ä".to_owned(), "7".to_owned()], vec!["long".to_owned(), "123".to_owned()]];
        let text = layout(&[("name", Side::Left), ("n", Side::Right)], &rows);
        assert_eq!(text, "name    n\nä       7\nlong  123");
    }

    #[test]
    fn sparklines_follow_their_values() {
        assert_eq!(sparkline(&[0.0, 1.0], 10), "▁█");
        assert_eq!(sparkline(&[1.0, 1.0], 10), "▄▄");
        assert_eq!(sparkline(&[], 10), "");
        assert_eq!(sparkline(&(0..100).map(f64::from).collect::<Vec<_>>(), 8).chars().count(), 8);
    }
}
