//! The known name that a mistyped one may stand for.

/// The known name nearest to `typed`: one begins with the other, or few letters differ. Nothing when none is near.
pub(super) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let most = (typed.chars().count() / 3).max(2);
    let near = known.into_iter().filter_map(|name| {
        let begins = typed.len() >= 3 && name.len() >= 3 && (typed.starts_with(name) || name.starts_with(&typed));
        let edits = edits(&typed, name);
        (begins || edits <= most).then_some((edits, name))
    });
    near.min_by_key(|(edits, _)| *edits).map(|(_, name)| name)
}

/// Letters to insert, remove or replace to turn one word into the other (Levenshtein 1966).
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, letter) in from.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_right_is_found_and_what_is_not_is_not() {
        let names = ["min", "max", "measure", "white_border", "jpeg", "colour_mode"];
        for (typed, found) in [
            ("minimum", Some("min")),
            ("mesure", Some("measure")),
            ("white", Some("white_border")),
            ("color_mode", Some("colour_mode")),
            ("JPG", Some("jpeg")),
            ("beauty", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, names), found, "{typed}");
        }
        assert_eq!((edits("kitten", "sitting"), edits("", "abc"), edits("abc", "abc")), (3, 3, 0));
    }
}
