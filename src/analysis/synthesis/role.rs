//! What a weight is for, whatever its file calls it.

/// The part that a module plays in a transformer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The table of token embeddings.
    Tokens,
    /// The table of position embeddings, or what is added in its place.
    Positions,
    /// The table of segment embeddings.
    Segments,
    /// A token that is put before the patches of an image.
    ClassToken,
    /// The convolution that cuts an image into patches.
    Patches,
    /// The first convolution over sound.
    FirstConv,
    /// The second one.
    SecondConv,
    /// What normalises embeddings.
    EmbedNorm,
    /// What brings embeddings to the width of the blocks.
    EmbedProjection,
    /// What normalises after the last block.
    FinalNorm,
    /// What brings the last block's width to that of the embeddings.
    FinalProjection,

    /// Normalises what attention reads.
    AttentionNorm,
    /// Makes queries.
    Query,
    /// Makes keys.
    Key,
    /// Makes values.
    Value,
    /// Makes queries, keys and values at once.
    QueryKeyValue,
    /// Makes queries small, before [`Self::Query`].
    QueryDown,
    /// Normalises what [`Self::QueryDown`] makes.
    QueryDownNorm,
    /// Makes what keys and values are made of, and the part of keys that is rotated.
    KeyValueDown,
    /// Normalises what [`Self::KeyValueDown`] makes.
    KeyValueDownNorm,
    /// Makes keys and values of that.
    KeyValueUp,
    /// Normalises queries.
    QueryNorm,
    /// Normalises keys.
    KeyNorm,
    /// A score a head that attends to nothing.
    Sinks,
    /// A table of scores by distance.
    RelativePositions,
    /// Mixes the heads.
    Output,
    /// Normalises what attention gives, before it is added.
    AttentionOutNorm,
    /// Scales what attention gives, before it is added.
    AttentionScale,
    /// Normalises the sum after attention.
    AfterAttention,

    /// The same for attention over the encoder: what normalises its input.
    CrossNorm,
    /// Makes its queries.
    CrossQuery,
    /// Makes its keys.
    CrossKey,
    /// Makes its values.
    CrossValue,
    /// Mixes its heads.
    CrossOutput,
    /// Normalises the sum after it.
    AfterCross,

    /// Normalises what the MLP reads.
    MlpNorm,
    /// The MLP's matrix whose activation is multiplied with [`Self::Up`].
    Gate,
    /// The MLP's first matrix.
    Up,
    /// Both at once.
    GateUp,
    /// The MLP's last matrix.
    Down,
    /// Normalises what the MLP gives, before it is added.
    MlpOutNorm,
    /// Scales what the MLP gives, before it is added.
    MlpScale,
    /// Normalises the sum after the MLP.
    AfterMlp,

    /// Scores the experts.
    Router,
    /// The matrices of all experts.
    Experts,
    /// [`Self::Gate`] of one expert.
    ExpertGate,
    /// [`Self::Up`] of one expert.
    ExpertUp,
    /// [`Self::Down`] of one expert.
    ExpertDown,
    /// [`Self::Gate`] of the expert that is always used.
    SharedGate,
    /// [`Self::Up`] of the expert that is always used.
    SharedUp,
    /// [`Self::Down`] of the expert that is always used.
    SharedDown,
    /// Scales what the expert gives that is always used.
    SharedRouter,

    /// Makes the vector for the whole sequence.
    Pooler,
    /// The first matrix of a head for tokens.
    HeadDense,
    /// What normalises after it.
    HeadNorm,
    /// Makes a score for each token of the vocabulary.
    Head,
    /// What is added to that.
    HeadBias,
    /// The first matrix of a head for classes.
    ClassDense,
    /// Makes a score for each class.
    Classes,
    /// A second head for classes.
    OtherClasses,
    /// Makes one vector of the vectors of an image.
    AttentionPool,
    /// Projects texts to the space that they share with images.
    TextProjection,
    /// Projects images to the space that they share with texts.
    ImageProjection,
    /// Scales how similar texts and images are.
    LogitScale,
    /// Is added to that.
    LogitBias,
}
