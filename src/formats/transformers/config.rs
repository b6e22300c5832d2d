//! `config.json`: what it says of the architecture.

use super::entry;
use crate::analysis::synthesis::Facts;
use crate::analysis::synthesis::family::Side;
use crate::codec::json::{self, Pairs};
use crate::model::{Entry, Model};
use crate::report::{Error, Result};
use crate::source::Slice;
use serde_json::Value;

/// The most bytes of a configuration.
const SIZE: u64 = 16 << 20;
/// How deep settings are listed one by one, and how many are in one place.
const DEPTH: usize = 3;
const MEMBERS: usize = 48;
/// The longest text that is shown of a setting, in characters; templates are longer than others.
const TEXT: usize = 20_000;

/// A configuration.
#[derive(Debug, Default)]
pub struct Config {
    /// Its settings in their order.
    settings: Pairs<Value>,
    /// What they say of the architecture.
    pub facts: Facts,
}

impl Config {
    /// Reads the configuration in `file`.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it is no JSON object; [`Kind::Limit`](crate::report::Kind::Limit) when it is too long; those
    /// of the source.
    pub fn read(file: &Slice) -> Result<Self> {
        let settings = settings(file)?;
        let facts = facts(&settings);
        Ok(Self { settings, facts })
    }

    /// Whether there is no configuration.
    pub fn is_empty(&self) -> bool {
        self.settings.0.is_empty()
    }

    /// The setting called `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        get(&self.settings, name)
    }

    /// Adds what the configuration says to `model`, which is drawn as one of `family`.
    pub fn describe(&self, model: &mut Model, family: Option<&str>) {
        let facts = &self.facts;
        let text = facts.of(Side::Decoder);
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let heads = match (text.heads, text.key_heads) {
            (Some(heads), Some(keys)) if keys != heads => Some(format!("{heads}, {keys} for keys and values")),
            (heads, _) => number(heads),
        };
        let experts = text.experts.filter(|experts| *experts > 0).map(|experts| match text.experts_used {
            Some(used) => format!("{experts}, {used} for each token"),
            None => experts.to_string(),
        });
        let class = Some(facts.class.clone()).filter(|class| !class.is_empty());
        let kind = Some(facts.kind.clone()).filter(|kind| !kind.is_empty());
        let rows = [
            ("architecture", class.or(kind)),
            ("blocks", number(text.blocks)),
            ("hidden size", number(text.hidden)),
            ("heads", heads),
            ("experts", experts),
            ("vocabulary", number(text.vocabulary)),
            ("context", number(self.context())),
            ("quantisation", self.quantisation()),
            ("diagram", family.map(|family| format!("inferred from names, as a model of the family {family}"))),
        ];
        let rows = rows.into_iter().filter_map(|(name, value)| Some(entry(name, &value?)));
        model.properties.extend(rows);
        list("config", &self.settings, &mut model.metadata);
    }

    /// How many tokens the model sees.
    fn context(&self) -> Option<u64> {
        let text = self.get("text_config").and_then(Value::as_object);
        let names =
            ["max_position_embeddings", "n_positions", "max_target_positions", "max_seq_len", "n_ctx", "seq_length"];
        let outer = names.iter().find_map(|name| self.get(name)?.as_u64());
        outer.or_else(|| names.iter().find_map(|name| text?.get(*name)?.as_u64()))
    }

    /// How the weights are quantised, in a few words.
    fn quantisation(&self) -> Option<String> {
        let settings = self.get("quantization_config")?.as_object()?;
        let method = settings.get("quant_method").and_then(Value::as_str).unwrap_or("yes");
        let four = settings.get("load_in_4bit").and_then(Value::as_bool) == Some(true);
        let eight = settings.get("load_in_8bit").and_then(Value::as_bool) == Some(true);
        let bits = settings.get("bits").and_then(Value::as_u64).or(if four { Some(4) } else { eight.then_some(8) });
        let group = settings.get("group_size").and_then(Value::as_u64);
        let mut words = method.to_owned();
        if let Some(bits) = bits {
            words += &format!(", {bits} bits");
        }
        if let Some(group) = group {
            words += &format!(", groups of {group}");
        }
        Some(words)
    }
}

/// Reads the JSON object in `file`.
pub fn settings(file: &Slice) -> Result<Pairs<Value>> {
    let bytes = file.read_all(SIZE)?;
    json::parse(&bytes).map_err(|error| Error::malformed(format!("this is no valid JSON object: {error}")))
}

/// The setting called `name`.
pub fn get<'a>(settings: &'a Pairs<Value>, name: &str) -> Option<&'a Value> {
    settings.0.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value).filter(|value| !value.is_null())
}

/// Adds `settings` to `table`, each as `name.key`; objects within them one by one, as long as they are small.
pub fn list(name: &str, settings: &Pairs<Value>, table: &mut Vec<Entry>) {
    let mut stack: Vec<(String, &Value, usize)> =
        settings.0.iter().rev().map(|(key, value)| (format!("{name}.{key}"), value, 1)).collect();
    while let Some((path, value, depth)) = stack.pop() {
        // A token with what is special about it.
        let token = value.get("content").filter(|_| value.get("lstrip").is_some());
        match token.unwrap_or(value) {
            Value::Null => {}
            Value::Object(members) if depth < DEPTH && (1..=MEMBERS).contains(&members.len()) => {
                stack.extend(members.iter().rev().map(|(key, value)| (format!("{path}.{key}"), value, depth + 1)));
            }
            _ => {
                let text = json::text(token.unwrap_or(value));
                let short: String = text.chars().take(TEXT).collect();
                let text = if short.len() < text.len() { format!("{short} …") } else { text };
                table.push(entry(&path, &text));
            }
        }
    }
}

/// Settings that may be in the whole, or in one side of the model.
struct Settings<'a> {
    get: &'a dyn Fn(&str) -> Option<&'a Value>,
}

impl Settings<'_> {
    fn number(&self, names: &[&str]) -> Option<u64> {
        names.iter().find_map(|name| (self.get)(name)?.as_u64())
    }

    fn real(&self, names: &[&str]) -> Option<f64> {
        names.iter().find_map(|name| (self.get)(name)?.as_f64())
    }

    fn text(&self, names: &[&str]) -> String {
        names.iter().find_map(|name| (self.get)(name)?.as_str()).unwrap_or_default().into()
    }

    fn flag(&self, names: &[&str]) -> Option<bool> {
        names.iter().find_map(|name| (self.get)(name)?.as_bool())
    }

    fn list(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Vec<bool> {
        (self.get)(name).and_then(Value::as_array).map(|items| items.iter().map(wanted).collect()).unwrap_or_default()
    }

    /// What is said of all sides alike, in the words of all kinds of models.
    fn facts(&self) -> Facts {
        let rotary = (self.get)("rope_parameters").and_then(|rotary| rotary.get("rope_theta")).and_then(Value::as_f64);
        let root_mean_square = self.real(&["rms_norm_eps", "norm_eps"]).map(|eps| (true, eps));
        let mean = ["layer_norm_eps", "layer_norm_epsilon", "layernorm_epsilon", "norm_epsilon"];
        let projection = self.text(&["feed_forward_proj"]);
        let mut activation = self.text(&[
            "hidden_activation",
            "hidden_act",
            "activation_function",
            "activation",
            "dense_act_fn",
            "afn",
            "act_fn",
        ]);
        if let Some(gated) = projection.strip_prefix("gated-") {
            activation = if gated == "gelu" { "gelu_new" } else { gated }.into();
        }
        Facts {
            kind: self.text(&["model_type"]),
            blocks: self.number(&["num_hidden_layers", "n_layer", "num_layers", "n_layers", "depth", "encoder_layers"]),
            hidden: self.number(&["hidden_size", "n_embd", "d_model", "dim", "embed_dim"]),
            intermediate: self.number(&[
                "intermediate_size",
                "n_inner",
                "ffn_dim",
                "d_ff",
                "hidden_dim",
                "encoder_ffn_dim",
            ]),
            vocabulary: self.number(&["vocab_size"]),
            heads: self.number(&["num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads"]),
            key_heads: self.number(&["num_key_value_heads", "num_kv_heads"]),
            head_size: self.number(&["head_dim", "d_kv"]),
            activation,
            norm: root_mean_square.or_else(|| self.real(&mean).map(|eps| (false, eps))),
            rotary: self.flag(&["alibi"]).filter(|alibi| *alibi).map(|_| false),
            rotary_base: self.real(&["rope_theta", "rotary_emb_base", "rotary_base"]).or(rotary),
            window: self.number(&["sliding_window", "local_attention"]),
            windowed: self.list("layer_types", |kind| kind == "sliding_attention"),
            rotated: self.list("no_rope_layers", |rotated| rotated.as_u64() != Some(0)),
            experts: self.number(&["num_local_experts", "num_experts", "n_routed_experts"]),
            experts_used: self.number(&["num_experts_per_tok", "num_experts_per_token", "experts_per_token"]),
            parallel: self.flag(&["use_parallel_residual", "parallel_attn"]),
            tied: self.flag(&["tie_word_embeddings"]),
            ..Facts::default()
        }
    }
}

/// What `settings` say of the architecture.
fn facts(settings: &Pairs<Value>) -> Facts {
    let whole = Settings { get: &|name| get(settings, name) };
    let mut facts = whole.facts();
    if whole.flag(&["use_sliding_window"]) == Some(false) {
        facts.window = None;
    }
    let classes = get(settings, "architectures").and_then(Value::as_array);
    facts.class = classes.and_then(|classes| classes.first()?.as_str()).unwrap_or_default().into();
    let part = |name: &str| get(settings, name).and_then(Value::as_object);
    let sides = [("text_config", vec![Side::Text, Side::Decoder]), ("vision_config", vec![Side::Vision])];
    for (name, sides) in sides {
        let Some(own) = part(name) else { continue };
        let own = Settings { get: &|name| own.get(name) }.facts();
        facts.sides.extend(sides.into_iter().map(|side| (side, own.clone())));
    }
    // Models of two stacks call the sizes of the second one otherwise.
    let mut target = facts.clone();
    target.blocks = whole.number(&["decoder_layers", "num_decoder_layers"]).or(facts.blocks);
    target.heads = whole.number(&["decoder_attention_heads"]).or(facts.heads);
    target.intermediate = whole.number(&["decoder_ffn_dim"]).or(facts.intermediate);
    target.sides.clear();
    let plain = Facts { sides: Vec::new(), ..facts.clone() };
    if target != plain && facts.sides.is_empty() {
        facts.sides.push((Side::Target, target));
    }
    facts
}
