package org.mlcengine.protocol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;

/**
 * A request for vectors of texts. Immutable; {@link #toBuilder()} gives a changeable copy.
 *
 * <pre>{@code
 * EmbeddingCreateParams.builder().addInput("A first text.").addInput("A second one.").build()
 * }</pre>
 */
public final class EmbeddingCreateParams {
  static final int MAX_INPUTS = 2048;

  private final List<Input> inputs;
  private final @Nullable String model;
  private final EmbeddingEncoding encodingFormat;
  private final @Nullable Integer dimensions;
  private final @Nullable String user;

  private EmbeddingCreateParams(Builder from) {
    inputs = List.copyOf(from.inputs);
    if (inputs.isEmpty() || inputs.size() > MAX_INPUTS) {
      throw new InvalidRequestException(
          "input",
          "expected 1 to %d texts, found %d; send several requests for more"
              .formatted(MAX_INPUTS, inputs.size()));
    }
    model = from.model;
    encodingFormat = from.encodingFormat;
    dimensions = Checks.atLeastOne("dimensions", from.dimensions);
    user = from.user;
  }

  /** What a vector is asked for. */
  public sealed interface Input {}

  /**
   * A text, which the engine tokenizes, and puts the model's special tokens around.
   *
   * @param text the text; it may be empty
   */
  public record Text(String text) implements Input {}

  /**
   * Token ids, which the model gets as they are: the special tokens that it expects around a text
   * must be among them.
   *
   * @param ids at least one, none of them negative
   */
  public record Tokens(List<Integer> ids) implements Input {
    /**
     * Copies the ids.
     *
     * @throws InvalidRequestException if there are none or one is negative
     */
    public Tokens {
      ids = List.copyOf(ids);
      if (ids.isEmpty()) {
        throw new InvalidRequestException("input", "expected at least one token id, found none");
      }
      for (int id : ids) {
        if (id < 0) {
          throw new InvalidRequestException("input", "expected ids of at least 0, found " + id);
        }
      }
    }
  }

  /** Returns a builder without inputs. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with all values of this request. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Returns what vectors are asked for, in the order of the reply; at least one. */
  public List<Input> inputs() {
    return inputs;
  }

  /** Returns the model's name, which the reply repeats; empty for that of the loaded model. */
  public Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /** Returns how the reply's JSON writes vectors. */
  public EmbeddingEncoding encodingFormat() {
    return encodingFormat;
  }

  /** Returns how long the vectors are to be, which must be as long as the model's are. */
  public OptionalInt dimensions() {
    return dimensions == null ? OptionalInt.empty() : OptionalInt.of(dimensions);
  }

  /** Returns the caller's own name for the request. */
  public Optional<String> user() {
    return Optional.ofNullable(user);
  }

  /** Makes requests for vectors. */
  public static final class Builder {
    private final List<Input> inputs = new ArrayList<>();
    private @Nullable String model;
    private EmbeddingEncoding encodingFormat = EmbeddingEncoding.FLOAT;
    private @Nullable Integer dimensions;
    private @Nullable String user;

    private Builder() {}

    private Builder(EmbeddingCreateParams from) {
      inputs.addAll(from.inputs);
      model = from.model;
      encodingFormat = from.encodingFormat;
      dimensions = from.dimensions;
      user = from.user;
    }

    /** Adds a text. */
    public Builder addInput(String text) {
      return addInput(new Text(text));
    }

    /** Adds a text that is given as token ids, those at its ends included. */
    public Builder addInputTokens(int... ids) {
      return addInput(new Tokens(Arrays.stream(ids).boxed().toList()));
    }

    /** Adds an input. */
    public Builder addInput(Input input) {
      inputs.add(input);
      return this;
    }

    /** Sets the inputs to these texts; replaces all others. */
    public Builder input(List<String> texts) {
      inputs.clear();
      texts.forEach(this::addInput);
      return this;
    }

    /** Sets the model's name, which the reply repeats. */
    public Builder model(String value) {
      model = value;
      return this;
    }

    /** Sets how the reply's JSON writes vectors. Default: {@link EmbeddingEncoding#FLOAT}. */
    public Builder encodingFormat(EmbeddingEncoding value) {
      encodingFormat = value;
      return this;
    }

    /** Sets how long the vectors are to be; another length than the model's is refused. */
    public Builder dimensions(int value) {
      dimensions = value;
      return this;
    }

    /** Sets the caller's own name for the request. */
    public Builder user(String value) {
      user = value;
      return this;
    }

    /**
     * Makes the request.
     *
     * @throws InvalidRequestException if there is no input, or a value is out of its range; its
     *     parameter is the name in OpenAI's API
     */
    public EmbeddingCreateParams build() {
      return new EmbeddingCreateParams(this);
    }
  }
}
