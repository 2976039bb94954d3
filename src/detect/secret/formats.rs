//! The credential formats: one table, fixed beginning first.
//!
//! A form is literal text with runs in braces: `{class:least-most}`, `{class:exact}` or `{class:least-}`. Classes:
//! `d` digits, `h` lower hex, `H` any hex, `u` upper case and digits, `l` lower case and digits, `a` letters and digits,
//! `w` those with `_` and `-`, `x` those with `+`, `/` and `=` too. Runs take what they can; nothing is tried twice.
//! Beginnings and lengths are those that the issuers' documentation and own secret scanners state (November 2026).

/// One issuer's credential.
#[derive(Debug, Clone, Copy)]
pub(in crate::detect) struct Format {
    /// What is reported as the recognizer.
    pub(in crate::detect) name: &'static str,
    /// Its form.
    pub(in crate::detect) form: &'static str,
}

const fn format(name: &'static str, form: &'static str) -> Format {
    Format { name, form }
}

/// Every format that begins with text of its own.
pub(in crate::detect) const FORMATS: &[Format] = &[
    format("aws_access_key", "AKIA{u:16}"),
    format("aws_session_key", "ASIA{u:16}"),
    format("aws_bedrock_key", "ABSK{x:100-}"),
    format("github_token", "ghp_{a:36}"),
    format("github_oauth", "gho_{a:36}"),
    format("github_user", "ghu_{a:36}"),
    format("github_server", "ghs_{a:36}"),
    format("github_refresh", "ghr_{a:36-76}"),
    format("github_fine_grained", "github_pat_{w:50-}"),
    format("gitlab_token", "glpat-{w:20-}"),
    format("gitlab_deploy", "gldt-{w:20-}"),
    format("gitlab_runner", "glrt-{w:20-}"),
    format("gitlab_trigger", "glptt-{h:40}"),
    format("openai_project", "sk-proj-{w:40-}"),
    format("openai_service", "sk-svcacct-{w:40-}"),
    format("openai_admin", "sk-admin-{w:40-}"),
    format("anthropic", "sk-ant-{w:32-}"),
    format("openrouter", "sk-or-v1-{h:64}"),
    format("sk_key", "sk-{a:32-64}"),
    format("google_api_key", "AIza{w:35}"),
    format("google_oauth_secret", "GOCSPX-{w:28}"),
    format("google_oauth_token", "ya29.{w:20-}"),
    format("slack_bot", "xoxb-{w:24-}"),
    format("slack_user", "xoxp-{w:24-}"),
    format("slack_app", "xapp-{w:24-}"),
    format("slack_legacy", "xoxa-{w:24-}"),
    format("slack_refresh", "xoxr-{w:24-}"),
    format("slack_session", "xoxs-{w:24-}"),
    format("slack_config", "xoxe{w.:24-}"),
    format(
        "slack_webhook",
        "hooks.slack.com/services/T{u:8-}/B{u:8-}/{a:20-}",
    ),
    format("stripe_live", "sk_live_{a:16-}"),
    format("stripe_test", "sk_test_{a:16-}"),
    format("stripe_restricted", "rk_live_{a:16-}"),
    format("stripe_webhook", "whsec_{x:24-}"),
    format("sendgrid", "SG.{w:22}.{w:43}"),
    format("npm", "npm_{a:36}"),
    format("pypi", "pypi-AgE{w:50-}"),
    format("huggingface", "hf_{a:34}"),
    format("azure_storage", "AccountKey={x:44-}"),
    format("azure_shared", "SharedAccessKey={x:43-}"),
    format("azure_client", "8Q~{w~.:31-34}"),
    format("aliyun", "LTAI{a:12-30}"),
    format("tencent", "AKID{a:13-40}"),
    format("volcengine", "AKLT{x:20-}"),
    format("digitalocean", "dop_v1_{h:64}"),
    format("digitalocean_oauth", "doo_v1_{h:64}"),
    format("digitalocean_refresh", "dor_v1_{h:64}"),
    format("shopify", "shpat_{H:32}"),
    format("shopify_secret", "shpss_{H:32}"),
    format("shopify_custom", "shpca_{H:32}"),
    format("shopify_private", "shppa_{H:32}"),
    format(
        "discord_webhook",
        "discord.com/api/webhooks/{d:17-20}/{w:60-}",
    ),
    format("square", "sq0atp-{w:22}"),
    format("square_secret", "sq0csp-{w:43}"),
    format("mailgun", "key-{h:32}"),
    format("heroku", "HRKU-{w:36-}"),
    format("databricks", "dapi{h:32}"),
    format("postman", "PMAK-{h:24}-{h:34}"),
    format("new_relic", "NRAK-{u:27}"),
    format("grafana_service", "glsa_{a:32}_{H:8}"),
    format("grafana_cloud", "glc_{x:32-}"),
    format("atlassian", "ATATT3{w=:100-}"),
    format("linear", "lin_api_{a:40}"),
    format("notion", "ntn_{a:40-}"),
    format("notion_secret", "secret_{a:43}"),
    format("doppler", "dp.pt.{a:40-}"),
    format("vault", "hvs.{w:24-}"),
    format("planetscale", "pscale_tkn_{w:32-}"),
    format("replicate", "r8_{a:37}"),
    format("groq", "gsk_{a:52}"),
    format("xai", "xai-{a:80}"),
    format("perplexity", "pplx-{a:40-}"),
    format("rubygems", "rubygems_{h:48}"),
    format("docker", "dckr_pat_{w:27}"),
    format("age", "AGE-SECRET-KEY-1{u:58}"),
    format("figma", "figd_{w:40-}"),
    format("sentry", "sntrys_{x:60-}"),
    format("fly", "fo1_{w:43}"),
    format("supabase", "sbp_{h:40}"),
    format("netlify", "nfp_{a:36-}"),
    format("pulumi", "pul-{h:40}"),
    format("sonar_user", "squ_{h:40}"),
    format("sonar_project", "sqp_{h:40}"),
    format("contentful", "CFPAT-{w:43}"),
    format("dropbox", "sl.{w:100-}"),
    format("cloudflare_ca", "v1.0-{h:24}-{h:100-}"),
    format("vestibule_key", "vsk_{a:20-}"),
];

/// The text that a form begins with.
pub(in crate::detect) fn literal_of(form: &'static str) -> &'static str {
    form.split('{').next().unwrap_or(form)
}

/// Where the form that begins at `start` of the text ends, or `None` where it doesn't stand there.
pub(in crate::detect) fn end_of(form: &str, text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut rest, mut at, mut class) = (form, start, "");
    while let Some(c) = rest.chars().next() {
        if c == '{' {
            let (spec, after) = rest.get(1..)?.split_once('}')?;
            let (name, count) = spec.split_once(':')?;
            let (least, most) = bounds(count)?;
            let end = super::super::text::run(text, at, most, |b| is_in(name, b));
            if end - at < least {
                return None;
            }
            (rest, at, class) = (after, end, name);
        } else {
            if bytes.get(at) != Some(&(c as u8)) {
                return None;
            }
            (rest, at) = (rest.get(1..)?, at + 1);
        }
    }
    // Longer than the form allows: something else.
    let goes_on = bytes
        .get(at)
        .is_some_and(|b| b.is_ascii_alphanumeric() && is_in(class, *b));
    (!goes_on).then_some(at)
}

fn bounds(count: &str) -> Option<(usize, usize)> {
    match count.split_once('-') {
        None => count.parse().ok().map(|n| (n, n)),
        Some((least, "")) => least.parse().ok().map(|n| (n, 4096)),
        Some((least, most)) => Some((least.parse().ok()?, most.parse().ok()?)),
    }
}

/// Whether a byte is in a class; characters behind the class letter are in it too (`w.`).
fn is_in(class: &str, b: u8) -> bool {
    let (letter, extra) = class
        .as_bytes()
        .split_first()
        .map_or((0, &[] as &[u8]), |(l, e)| (*l, e));
    extra.contains(&b)
        || match letter {
            b'd' => b.is_ascii_digit(),
            b'h' => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
            b'H' => b.is_ascii_hexdigit(),
            b'u' => b.is_ascii_uppercase() || b.is_ascii_digit(),
            b'l' => b.is_ascii_lowercase() || b.is_ascii_digit(),
            b'a' => b.is_ascii_alphanumeric(),
            b'w' => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'),
            b'x' => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/' | b'='),
            _ => false,
        }
}

#[cfg(test)]
pub(in crate::detect) mod examples {
    use super::{bounds, is_in};

    /// A text of this form with runs of the least (or `less` fewer) characters, varied so that it looks random.
    pub(in crate::detect) fn example(form: &str, less: usize) -> String {
        let mut out = String::new();
        let mut rest = form;
        let mut state = 0x9e37_79b9_u32;
        while let Some((literal, spec)) = rest.split_once('{') {
            out.push_str(literal);
            let (spec, after) = spec.split_once('}').unwrap();
            let (class, count) = spec.split_once(':').unwrap();
            let alphabet: Vec<char> = (b'0'..=b'z')
                .filter(|b| b.is_ascii_alphanumeric() && is_in(class, *b))
                .map(char::from)
                .collect();
            for _ in 0..bounds(count).unwrap().0 - less {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                out.push(alphabet[(state >> 16) as usize % alphabet.len()]);
            }
            rest = after;
        }
        out + rest
    }
}

#[cfg(test)]
mod tests {
    use super::examples::example;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_form_matches_its_example_and_nothing_shorter() {
        for format in FORMATS {
            let whole = example(format.form, 0);
            assert_eq!(
                end_of(format.form, &whole, 0),
                Some(whole.len()),
                "{}",
                format.name
            );
            assert_eq!(
                end_of(format.form, &example(format.form, 1), 0),
                None,
                "{}",
                format.name
            );
            assert!(literal_of(format.form).len() >= 3, "{}", format.name);
        }
    }

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = FORMATS.iter().map(|f| f.name).collect();
        assert_eq!(names.len(), FORMATS.len());
        assert!(names.len() >= 40);
    }
}
