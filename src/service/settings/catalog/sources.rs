//! Settings that select the configuration files.

super::group! {
    CONFIG_DIR("config_dir", "config-dir", "PATH", "config, if it exists")
        .description("Directory of default.toml and <environment>.toml").outside_files();
    ENVIRONMENT("environment", "environment", "NAME", "none")
        .description("Name of the file read after default.toml, such as production")
        .outside_files();
}
