//! PLACEHOLDERS for the arguments of subcommands whose files are not in yet.

macro_rules! pending {
    ($($module:ident $args:ident),*) => {
        $(
            /// Not in yet.
            pub mod $module {
                /// Not in yet.
                #[derive(Debug, clap::Args)]
                pub struct $args {}
            }
        )*
    };
}

pending!(audit AuditArgs, detect DetectArgs, key KeyArgs, model ModelArgs, policy PolicyArgs, worker WorkerArgs);
