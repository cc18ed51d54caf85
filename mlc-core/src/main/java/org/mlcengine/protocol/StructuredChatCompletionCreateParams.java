package org.mlcengine.protocol;

/**
 * A chat request whose reply is a value of a record class. Immutable. {@link
 * ChatCompletionCreateParams.Builder#responseFormat(Class)} makes its builder.
 *
 * @param <T> the record class
 */
public final class StructuredChatCompletionCreateParams<T> {
  private final ChatCompletionCreateParams rawParams;
  private final RecordSchema<T> schema;

  private StructuredChatCompletionCreateParams(Builder<T> from) {
    rawParams = new ChatCompletionCreateParams(from);
    schema = from.schema;
  }

  /** Returns the request with the schema as its response format. */
  public ChatCompletionCreateParams rawParams() {
    return rawParams;
  }

  /** Returns the record class of the reply's value. */
  public Class<T> responseType() {
    return schema.type();
  }

  /** Returns the replies to this request with the values that their texts hold. */
  public StructuredChatCompletion<T> structure(ChatCompletion reply) {
    return new StructuredChatCompletion<>(reply, schema);
  }

  /** Returns a builder with all values of this request. */
  public Builder<T> toBuilder() {
    return new Builder<>(rawParams.toBuilder(), schema);
  }

  /**
   * Makes chat requests whose reply is a value of a record class.
   *
   * @param <T> the record class
   */
  public static final class Builder<T> extends ChatParamsBuilder<Builder<T>> {
    private final RecordSchema<T> schema;

    Builder(ChatCompletionCreateParams.Builder from, RecordSchema<T> schema) {
      super(from);
      this.schema = schema;
      format(schema.format());
    }

    @Override
    Builder<T> self() {
      return this;
    }

    /**
     * Makes the request.
     *
     * @throws org.mlcengine.errors.InvalidRequestException if a value is out of its range or does
     *     not fit another one; its parameter is the path in OpenAI's API
     */
    public StructuredChatCompletionCreateParams<T> build() {
      return new StructuredChatCompletionCreateParams<>(this);
    }
  }
}
