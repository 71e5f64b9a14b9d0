//! Runs of pixels along rows, and which of them hang together: the cheap way to look at shapes.

/// Pixels `start..end` of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// First pixel.
    pub(super) start: u32,
    /// The pixel after the last.
    pub(super) end: u32,
}

impl Run {
    /// How many pixels.
    pub(super) fn len(self) -> u32 {
        self.end - self.start
    }
}

/// The runs of a row for which `inside` holds.
pub(super) fn runs_of(width: u32, mut inside: impl FnMut(u32) -> bool) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = None;
    for x in 0..width {
        match (inside(x), start) {
            (true, None) => start = Some(x),
            (false, Some(first)) => {
                runs.push(Run { start: first, end: x });
                start = None;
            }
            _ => {}
        }
    }
    runs.extend(start.map(|first| Run { start: first, end: width }));
    runs
}

/// The runs of set flags of a row that comes in words of up to 64 flags, the first in the lowest bit, each with how many
/// flags it holds. Whole stretches are told at a glance, so that this is many times as fast as looking at every flag.
pub(super) fn runs_of_flags(words: impl Iterator<Item = (u64, u32)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = 0;
    for (flags, count) in words {
        let mut done = 0;
        while done < count {
            let rest = flags >> done;
            let length = if rest & 1 == 1 { rest.trailing_ones() } else { rest.trailing_zeros() }.min(count - done);
            let run = Run { start: x + done, end: x + done + length };
            match runs.last_mut() {
                _ if rest & 1 == 0 => {}
                Some(last) if last.end == run.start => last.end = run.end,
                _ => runs.push(run),
            }
            done += length;
        }
        x += count;
    }
    runs
}

/// What the runs of a row leave free.
pub(super) fn gaps(width: u32, runs: &[Run]) -> Vec<Run> {
    let starts = std::iter::once(0).chain(runs.iter().map(|run| run.end));
    let ends = runs.iter().map(|run| run.start).chain(std::iter::once(width));
    starts.zip(ends).filter(|(start, end)| start < end).map(|(start, end)| Run { start, end }).collect()
}

/// For every run of every row the number of the shape it belongs to: runs of neighbouring rows that share a column
/// (or touch at a corner when `reach` is 1) are of one shape. Numbers count up from 0.
pub(super) fn shapes(rows: &[Vec<Run>], reach: u32) -> (Vec<Vec<usize>>, usize) {
    shapes_where(rows, reach, |_, _, _| true)
}

/// As [`shapes`], of runs that are `alike` alone: it is asked about a row, a run of it and one of the row before.
pub(super) fn shapes_where(
    rows: &[Vec<Run>],
    reach: u32,
    alike: impl Fn(usize, usize, usize) -> bool,
) -> (Vec<Vec<usize>>, usize) {
    let mut parents: Vec<usize> = Vec::new();
    let mut labels: Vec<Vec<usize>> = Vec::with_capacity(rows.len());
    for (y, row) in rows.iter().enumerate() {
        let mut own = Vec::with_capacity(row.len());
        let mut above = 0;
        for (place, run) in row.iter().enumerate() {
            let label = parents.len();
            parents.push(label);
            own.push(label);
            let Some((before, before_labels)) = y.checked_sub(1).map(|y| (&rows[y], &labels[y])) else { continue };
            while above < before.len() && before[above].end + reach <= run.start {
                above += 1;
            }
            let mut at = above;
            while at < before.len() && before[at].start < run.end + reach {
                if alike(y, place, at) {
                    join(&mut parents, label, before_labels[at]);
                }
                at += 1;
            }
        }
        labels.push(own);
    }
    let mut numbers = vec![usize::MAX; parents.len()];
    let mut count = 0;
    for label in labels.iter_mut().flatten() {
        let root = root(&mut parents, *label);
        if numbers[root] == usize::MAX {
            numbers[root] = count;
            count += 1;
        }
        *label = numbers[root];
    }
    (labels, count)
}

fn root(parents: &mut [usize], mut label: usize) -> usize {
    while parents[label] != label {
        parents[label] = parents[parents[label]];
        label = parents[label];
    }
    label
}

fn join(parents: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parents, a), root(parents, b));
    parents[a.max(b)] = a.min(b);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(picture: &[&str]) -> Vec<Vec<Run>> {
        let row = |text: &&str| runs_of(text.len() as u32, |x| text.as_bytes()[x as usize] == b'#');
        picture.iter().map(row).collect()
    }

    #[test]
    fn shapes_hang_together_by_columns_or_corners() {
        let picture = rows(&["##..#", "..#.#", "#.#.#", "#####"]);
        assert_eq!(shapes(&picture, 0).1, 2);
        assert_eq!(shapes(&picture, 1).1, 1);
        let (labels, _) = shapes(&picture, 0);
        assert_eq!(labels, [vec![0, 1], vec![1, 1], vec![1, 1, 1], vec![1]]);
        assert_eq!(shapes(&rows(&["#.#.#"]), 1).1, 3);
        assert_eq!(shapes(&[], 0).1, 0);
    }

    #[test]
    fn flags_in_words_make_the_same_runs() {
        let mut state = 7_u64;
        for width in [1, 63, 64, 65, 128, 200] {
            for mask in [0_u64, !0, 0x5, 0xff] {
                let flags: Vec<bool> = (0..width)
                    .map(|_| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        (state >> 56) & mask == 0
                    })
                    .collect();
                let word = |part: &[bool]| {
                    (
                        part.iter().enumerate().fold(0, |word, (bit, flag)| word | u64::from(*flag) << bit),
                        part.len() as u32,
                    )
                };
                let found = runs_of_flags(flags.chunks(64).map(word));
                assert_eq!(found, runs_of(width, |x| flags[x as usize]), "{width} {mask}");
            }
        }
    }

    #[test]
    fn gaps_and_runs_make_up_the_row() {
        for text in ["##..#", ".....", "#####", ".#.#."] {
            let row = &rows(&[text])[0];
            let free = gaps(5, row);
            assert_eq!(row.iter().chain(&free).map(|run| run.len()).sum::<u32>(), 5);
            assert!(free.iter().all(|run| (run.start..run.end).all(|x| text.as_bytes()[x as usize] == b'.')));
        }
    }
}
