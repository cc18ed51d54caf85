package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.errors.InsufficientMemoryException;
import org.mlcengine.errors.InvalidRequestException;

class EncoderPlanTest {
  private static final long GIB = 1L << 30;

  @TempDir Path path;
  private ModelFolder folder;

  @BeforeEach
  void writeFolder() {
    folder = new ModelFolder(path);
    folder.config.put("context_window_size", 256);
    folder.metadata.put("context_window_size", 512).put("kv_state_kind", "none").remove("kv_cache");
  }

  private MemoryPlan plan(@Nullable Integer window, @Nullable Integer chunk, long available) {
    folder.save();
    return MemoryPlan.inferEncoder(
        folder.readMetadata(),
        folder.readConfig(),
        new LimitRequest(EngineMode.LOCAL, window, null, null, chunk, 0.5),
        available);
  }

  @Test
  void takesThePublishersWindowUnlessAskedForMore() {
    assertThat(plan(null, null, GIB).limits())
        .isEqualTo(new EngineLimits(512, 256, 512, 512, 16, 0));
    assertThat(plan(512, null, GIB).limits().contextWindow()).isEqualTo(512);
    assertThat(plan(100, 100, GIB).limits()).isEqualTo(new EngineLimits(100, 100, 100, 100, 16, 0));
    folder.config.put("context_window_size", -1);
    folder.metadata.put("context_window_size", -1);
    assertThat(plan(null, null, GIB).limits().contextWindow()).isEqualTo(512);
  }

  @Test
  void countsWeightsAndTemporaryBuffers() {
    MemoryPlan plan = plan(null, null, GIB);
    assertThat(plan.totalBytes()).isEqualTo(64 * 8 * 4 + 64 * 2 * 4 + 64 * 4 + 2 * 1048576);
    assertThat(plan.kvCacheBytes()).isZero();
    long needed = plan.totalBytes();
    assertThat(plan(null, null, 2 * needed).totalBytes()).isEqualTo(needed);
    assertThatThrownBy(() -> plan(null, null, 2 * needed - 2))
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageContaining("temporary buffers 2 MiB")
        .hasMessageContaining("memoryUtilization 0.5");
  }

  @Test
  void namesAnOptionThatCannotBeHonoured() {
    assertThatThrownBy(() -> plan(513, null, GIB))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("contextWindowSize: ")
        .hasMessageContaining("at most 512, found 513");
    assertThatThrownBy(() -> plan(null, 255, GIB))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("prefillChunkSize: ")
        .hasMessageContaining("256")
        .hasMessageContaining("found 255");
    folder.save();
    LimitRequest sequences = new LimitRequest(EngineMode.LOCAL, null, 1, null, null, 1);
    assertThatThrownBy(
            () ->
                MemoryPlan.inferEncoder(folder.readMetadata(), folder.readConfig(), sequences, GIB))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("maxNumSequence: ");
  }
}
