//! JSON Schemas: the vocabulary is protocol, everything that a person named or wrote is a part.

use super::walk::Walker;
use crate::protocol::json::{Kind, Value};
use crate::protocol::part::Place;

/// What stands under a keyword.
#[derive(Clone, Copy)]
enum Keyword {
    /// A schema, or several.
    Schemas,
    /// Schemas by names that someone chose.
    Named,
    /// Names of types.
    Types,
    /// A bound.
    Bound,
    /// Anything.
    Data,
}
use Keyword::{Bound, Data, Named, Schemas, Types};

/// The keywords of JSON Schema 2020-12 and draft 7, and those of `OpenAPI` that clients send along.
fn keyword(name: &str) -> Option<Keyword> {
    Some(match name {
        "type" => Types,
        "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => Named,
        "items"
        | "prefixItems"
        | "additionalItems"
        | "unevaluatedItems"
        | "contains"
        | "additionalProperties"
        | "unevaluatedProperties"
        | "propertyNames"
        | "allOf"
        | "anyOf"
        | "oneOf"
        | "not"
        | "if"
        | "then"
        | "else" => Schemas,
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"
        | "minLength" | "maxLength" | "minItems" | "maxItems" | "minContains" | "maxContains"
        | "minProperties" | "maxProperties" => Bound,
        "required" | "dependentRequired" | "enum" | "const" | "default" | "example"
        | "examples" | "title" | "description" | "pattern" | "format" | "contentEncoding"
        | "contentMediaType" | "uniqueItems" | "nullable" | "readOnly" | "writeOnly"
        | "deprecated" | "$schema" | "$id" | "$ref" | "$anchor" | "$comment" => Data,
        _ => return None,
    })
}

const TYPES: [&str; 7] = [
    "object", "array", "string", "number", "integer", "boolean", "null",
];

/// The bounds that number types have; others of that length may be somebody's number.
const TYPE_BOUNDS: [&str; 9] = [
    "16777215",
    "16777216",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740991",
    "9007199254740992",
    "9223372036854775807",
];

impl Walker<'_> {
    /// Walks a schema. Recurses as deep as it nests, which the scanner limits.
    pub(super) fn schema(&mut self, value: Value<'_>, place: Place) {
        if value.kind() != Kind::Object {
            return self.free(value, place, self.source);
        }
        for (key, value) in value.members() {
            if let Some(keyword) = keyword(&key.text()) {
                self.found.patterns |= key.is("pattern") || key.is("format");
                self.under(keyword, value, place);
            } else {
                self.push(key, Place::Key, self.source);
                self.free(value, place, self.source);
            }
        }
    }

    fn under(&mut self, keyword: Keyword, value: Value<'_>, place: Place) {
        match (keyword, value.kind()) {
            (Schemas, Kind::Array) => value.elements().for_each(|each| self.schema(each, place)),
            (Schemas, _) => self.schema(value, place),
            (Named, Kind::Object) => {
                for (name, schema) in value.members() {
                    self.push(name, Place::Key, self.source);
                    self.schema(schema, place);
                }
            }
            (Types, Kind::String) if is_type(value) => {}
            (Types, Kind::Array) if value.elements().all(is_type) => {}
            (Bound, Kind::Number) if is_type_bound(value.raw()) => {}
            _ => self.free(value, place, self.source),
        }
    }
}

fn is_type(value: Value<'_>) -> bool {
    value.string().is_some_and(|text| TYPES.contains(&&*text))
}

fn is_type_bound(number: &str) -> bool {
    TYPE_BOUNDS.contains(&number.strip_prefix('-').unwrap_or(number))
}
