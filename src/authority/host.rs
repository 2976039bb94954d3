//! Host names as certificates and configuration have them.

use super::AuthorityError;
use std::net::IpAddr;

/// Longest name and longest label, in bytes (RFC 1035, section 2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// The host's name in lower case, without the dot of the root; letters, digits, hyphens and dots only, no address.
///
/// # Errors
/// [`AuthorityError::Host`] for anything else.
///
/// ```
/// use vestibule::authority::host_name;
/// assert_eq!(host_name("API.DeepSeek.com.").unwrap(), "api.deepseek.com");
/// assert!(host_name("*.deepseek.com").is_err());
/// ```
pub fn host_name(text: &str) -> Result<String, AuthorityError> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    // A name whose last label is a number is an address to somebody (`127.1`).
    let numeric = name.rsplit('.').next().is_some_and(|last| {
        last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x")
    });
    let fine = name.len() <= LONGEST_NAME
        && name.split('.').all(label)
        && !numeric
        && name.parse::<IpAddr>().is_err();
    if fine {
        Ok(name)
    } else {
        Err(AuthorityError::Host {
            host: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names() {
        let long = format!("{}.example", "a".repeat(64));
        for (text, expected) in [
            ("api.deepseek.com", Some("api.deepseek.com")),
            ("API.OpenAI.com.", Some("api.openai.com")),
            ("gateway", Some("gateway")),
            ("xn--fiqs8s.example", Some("xn--fiqs8s.example")),
            ("", None),
            (".", None),
            ("a..b", None),
            ("-a.example", None),
            ("*.example", None),
            ("a.example:443", None),
            ("127.0.0.1", None),
            ("127.1", None),
            ("a.0x7f000001", None),
            ("[::1]", None),
            ("公司.example", None),
            ("a b.example", None),
            (&long, None),
        ] {
            assert_eq!(host_name(text).ok().as_deref(), expected, "{text}");
        }
    }
}
