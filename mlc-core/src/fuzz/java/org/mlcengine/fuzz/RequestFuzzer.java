package org.mlcengine.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.List;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.ProtocolJson;

/** The JSON of requests: what is accepted is written so that it reads back equal. */
public final class RequestFuzzer {
  private static final List<Class<?>> TYPES =
      List.of(
          ChatCompletionCreateParams.class,
          CompletionCreateParams.class,
          EmbeddingCreateParams.class);

  private RequestFuzzer() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    Class<?> type = data.pickValue(TYPES);
    try {
      String written = ProtocolJson.write(ProtocolJson.read(data.consumeRemainingAsBytes(), type));
      if (!ProtocolJson.write(ProtocolJson.read(written, type)).equals(written)) {
        throw new AssertionError("a request that was written reads back as another one");
      }
    } catch (InvalidRequestException e) {
      // Refused with a typed exception.
    }
  }
}
