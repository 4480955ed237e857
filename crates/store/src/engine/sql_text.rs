//! The texts of statements: names in braces, which are replaced when the program
//! is compiled.
//!
//! One text serves both engines. What they write differently has a name in
//! [`PLACEHOLDERS`]: `{ids $1}` is a list of ids on both. The columns of a row
//! type have its name (`{UserRecord}`), and a part that several statements share
//! has one in capitals (`{FILTER}`); `statements!` declares which of these a file
//! uses. An unknown name does not compile.
//!
//! Nothing is replaced at run time: a statement has a constant text for each
//! engine, whose address is its identity in the caches of prepared statements.

use super::Engine;

/// A name and what each engine writes for it.
struct Placeholder {
    name: &'static str,
    /// `@` stands for the argument, the text between the name and the brace.
    sqlite: &'static str,
    postgres: &'static str,
}

/// Everything that the engines write differently. A statement that differs as a
/// whole has two texts instead, see `statements!`.
const PLACEHOLDERS: &[Placeholder] = &[
    // A parameter that is selected or only compared with null, where PostgreSQL
    // cannot infer the type.
    Placeholder {
        name: "uuid",
        sqlite: "@",
        postgres: "@::uuid",
    },
    Placeholder {
        name: "timestamptz",
        sqlite: "@",
        postgres: "@::timestamptz",
    },
    Placeholder {
        name: "jsonb",
        sqlite: "@",
        postgres: "@::jsonb",
    },
    // Lists are JSON (`json_list`): after `IN`, the ids or texts of a list.
    Placeholder {
        name: "ids",
        sqlite: "(SELECT unhex(value) FROM json_each(@))",
        postgres: "(SELECT jsonb_array_elements_text(@)::uuid)",
    },
    Placeholder {
        name: "texts",
        sqlite: "(SELECT value FROM json_each(@))",
        postgres: "(SELECT jsonb_array_elements_text(@))",
    },
    // After `FROM`, a list as a table with the column `value`, and the id in it.
    Placeholder {
        name: "list",
        sqlite: "json_each(@)",
        postgres: "jsonb_array_elements_text(@)",
    },
    Placeholder {
        name: "id",
        sqlite: "unhex(@)",
        postgres: "(@)::uuid",
    },
    // Whether a column is one of the ids of a query. With `ARRAY`, PostgreSQL
    // computes them before it searches the rows, independent of its estimates
    // for lists.
    Placeholder {
        name: "in_ids",
        sqlite: "IN (@)",
        postgres: "= ANY (ARRAY(@))",
    },
    // A row lock. SQLite has one writer, so there the transaction is the lock.
    Placeholder {
        name: "for_update",
        sqlite: "",
        postgres: "FOR UPDATE",
    },
    Placeholder {
        name: "for_no_key_update",
        sqlite: "",
        postgres: "FOR NO KEY UPDATE",
    },
    // An id that begins with a prefix (`generated_id`), new for each row.
    Placeholder {
        name: "generate_id",
        sqlite: "CAST(@ || randomblob(7) AS BLOB)",
        postgres: "encode(@::bytea || substring(uuid_send(gen_random_uuid()) FROM 10), 'hex')::uuid",
    },
    // The database's own clock.
    Placeholder {
        name: "now",
        sqlite: "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        postgres: "now()",
    },
    Placeholder {
        name: "yesterday",
        sqlite: "CAST((unixepoch('subsec') - 86400) * 1000000 AS INTEGER)",
        postgres: "now() - interval '1 day'",
    },
    // Lower case in the order of bytes, as in the index on names.
    Placeholder {
        name: "lower",
        sqlite: "lower(@)",
        postgres: "lower(@ COLLATE \"C\") COLLATE \"C\"",
    },
];

/// A column of a row type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// An expression.
    Text(&'static str),
    /// The columns of a row type that is a field of this one.
    Row(&'static [Column]),
}

/// Something that the statements of a file include by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// The name in braces.
    pub(crate) name: &'static str,
    /// What it stands for; several columns are separated by commas.
    pub(crate) columns: &'static [Column],
}

/// Returns the length of a text on an engine.
pub(crate) const fn length(text: &str, parts: &[Part], engine: Engine) -> usize {
    Output::<0>::of(text, parts, engine).length
}

/// Returns a text on an engine; `N` is its [`length`].
pub(crate) const fn expand<const N: usize>(text: &str, parts: &[Part], engine: Engine) -> [u8; N] {
    Output::of(text, parts, engine).bytes
}

/// The text so far. Only its first `N` bytes are stored; with 0 it is measured.
struct Output<const N: usize> {
    bytes: [u8; N],
    length: usize,
    last: u8,
}

impl<const N: usize> Output<N> {
    const fn of(text: &str, parts: &[Part], engine: Engine) -> Self {
        let mut output = Self {
            bytes: [0; N],
            length: 0,
            last: b' ',
        };
        output.text(text.as_bytes(), parts, engine);
        if output.last == b' ' && output.length > 0 {
            output.length -= 1;
        }
        output
    }

    /// Writes a byte. Line breaks and indentation become one space: SQLite hashes
    /// the text of a statement each time that it runs.
    const fn byte(&mut self, byte: u8) {
        let byte = if byte.is_ascii_whitespace() {
            b' '
        } else {
            byte
        };
        if byte == b' ' && self.last == b' ' {
            return;
        }
        if self.length < N {
            self.bytes[self.length] = byte;
        }
        self.length += 1;
        self.last = byte;
    }

    const fn text(&mut self, text: &[u8], parts: &[Part], engine: Engine) {
        let mut index = 0;
        while index < text.len() {
            if text[index] == b'{' {
                let end = closing_brace(text, index);
                let (inner, _) = text.split_at(end);
                let (_, inner) = inner.split_at(index + 1);
                self.placeholder(inner, parts, engine);
                index = end;
            } else {
                self.byte(text[index]);
            }
            index += 1;
        }
    }

    const fn placeholder(&mut self, inner: &[u8], parts: &[Part], engine: Engine) {
        let mut end = 0;
        while end < inner.len() && !inner[end].is_ascii_whitespace() {
            end += 1;
        }
        let (name, argument) = inner.split_at(end);
        let mut index = 0;
        while index < parts.len() {
            if is_equal(name, parts[index].name.as_bytes()) {
                assert!(argument.is_empty(), "this name in braces has no argument");
                self.columns(parts[index].columns, parts, engine);
                return;
            }
            index += 1;
        }
        index = 0;
        while index < PLACEHOLDERS.len() {
            let known = &PLACEHOLDERS[index];
            if is_equal(name, known.name.as_bytes()) {
                let template = match engine {
                    Engine::Sqlite => known.sqlite,
                    Engine::Postgres => known.postgres,
                };
                self.template(template.as_bytes(), argument.trim_ascii(), parts, engine);
                return;
            }
            index += 1;
        }
        panic!("a name in braces is neither a placeholder nor declared in this file");
    }

    const fn columns(&mut self, columns: &[Column], parts: &[Part], engine: Engine) {
        let mut index = 0;
        while index < columns.len() {
            if index > 0 {
                self.byte(b',');
                self.byte(b' ');
            }
            match columns[index] {
                Column::Text(text) => self.text(text.as_bytes(), parts, engine),
                Column::Row(nested) => self.columns(nested, parts, engine),
            }
            index += 1;
        }
    }

    const fn template(&mut self, template: &[u8], argument: &[u8], parts: &[Part], engine: Engine) {
        let mut used = false;
        let mut index = 0;
        while index < template.len() {
            if template[index] == b'@' {
                used = true;
                self.text(argument, parts, engine);
            } else {
                self.byte(template[index]);
            }
            index += 1;
        }
        assert!(
            used != argument.is_empty(),
            "a placeholder lacks its argument, or has none"
        );
    }
}

/// Returns the index of the brace that closes the one at `open`.
const fn closing_brace(text: &[u8], open: usize) -> usize {
    let mut depth = 0;
    let mut index = open;
    while index < text.len() {
        match text[index] {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
        index += 1;
    }
    panic!("a brace in the text of a statement is not closed");
}

const fn is_equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: &[Part] = &[
        Part {
            name: "Pair",
            columns: &[
                Column::Text("a.x"),
                Column::Row(&[Column::Text("b.y"), Column::Text("{uuid b.z}")]),
            ],
        },
        Part {
            name: "FILTER",
            columns: &[Column::Text("a.x IN {texts $2}")],
        },
    ];

    /// A text on SQLite and on PostgreSQL.
    fn both(text: &str) -> [String; 2] {
        [Engine::Sqlite, Engine::Postgres].map(|engine| {
            let output = Output::<300>::of(text, PARTS, engine);
            assert_eq!(output.length, length(text, PARTS, engine));
            String::from_utf8(output.bytes[..output.length].to_vec()).expect("UTF-8")
        })
    }

    #[test]
    fn each_engine_has_its_own_text() {
        let text = "SELECT {Pair} FROM {list $1} a
                     WHERE {FILTER} AND a.id {in_ids SELECT id FROM b WHERE id IN {ids $3}}
                     ORDER BY 1 {for_update}";
        assert_eq!(
            both(text),
            [
                "SELECT a.x, b.y, b.z FROM json_each($1) a \
                 WHERE a.x IN (SELECT value FROM json_each($2)) \
                 AND a.id IN (SELECT id FROM b WHERE id IN (SELECT unhex(value) FROM json_each($3))) \
                 ORDER BY 1",
                "SELECT a.x, b.y, b.z::uuid FROM jsonb_array_elements_text($1) a \
                 WHERE a.x IN (SELECT jsonb_array_elements_text($2)) \
                 AND a.id = ANY (ARRAY(SELECT id FROM b \
                 WHERE id IN (SELECT jsonb_array_elements_text($3)::uuid))) \
                 ORDER BY 1 FOR UPDATE",
            ]
        );
    }

    #[test]
    #[should_panic(expected = "neither a placeholder nor declared")]
    fn unknown_name_is_refused() {
        both("SELECT {Other} FROM a");
    }

    #[test]
    #[should_panic(expected = "lacks its argument")]
    fn missing_argument_is_refused() {
        both("SELECT id FROM a WHERE id IN {ids}");
    }

    #[test]
    #[should_panic(expected = "not closed")]
    fn open_brace_is_refused() {
        both("SELECT {uuid $1 FROM a");
    }
}
