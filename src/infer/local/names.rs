//! The names that the model in the building answers to.

use crate::infer::{LocalConfig, Models};

/// Every name leads to the one model there is, unless the configuration is strict about names.
pub(super) fn names(config: &LocalConfig, model: &str) -> Models {
    let given = config.models.keys().map(String::as_str);
    let all = given.chain([model]).map(|name| (name, model));
    Models::new(all, (!config.strict_names).then(|| model.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_names_are_the_only_ones() {
        let mut config = LocalConfig::default();
        config.models.insert("chat".into(), String::new());
        assert_eq!(names(&config, "m").upstream(Some("any")), Some("m"));
        config.strict_names = true;
        let strict = names(&config, "m");
        for (asked, there) in [("chat", Some("m")), ("m", Some("m")), ("any", None)] {
            assert_eq!(strict.upstream(Some(asked)), there, "{asked}");
        }
    }
}
