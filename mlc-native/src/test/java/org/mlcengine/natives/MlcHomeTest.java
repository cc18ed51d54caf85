package org.mlcengine.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The rules for the cache folder. */
class MlcHomeTest {
  @Test
  void theVariableWins() {
    assertThat(folder("Linux", Map.of("MLC_HOME", "/m", "XDG_CACHE_HOME", "/x")))
        .isEqualTo(Path.of("/m").toAbsolutePath());
  }

  @Test
  void linuxFollowsXdg() {
    assertThat(folder("Linux", Map.of("XDG_CACHE_HOME", "/x"))).isEqualTo(Path.of("/x/mlc-engine"));
    assertThat(folder("Linux", Map.of("XDG_CACHE_HOME", "relative", "MLC_HOME", "")))
        .isEqualTo(Path.of("/home/me/.cache/mlc-engine"));
  }

  @Test
  void macOsAndWindowsHaveTheirOwn() {
    assertThat(folder("Mac OS X", Map.of("XDG_CACHE_HOME", "/x")))
        .isEqualTo(Path.of("/home/me/Library/Caches/mlc-engine"));
    assertThat(folder("Windows 11", Map.of("LOCALAPPDATA", "/local")))
        .isEqualTo(Path.of("/local/mlc-engine"));
    assertThat(folder("Windows 11", Map.of()))
        .isEqualTo(Path.of("/home/me/AppData/Local/mlc-engine"));
  }

  private static Path folder(String os, Map<String, String> environment) {
    return MlcHome.folder(environment::get, os, "/home/me");
  }
}
