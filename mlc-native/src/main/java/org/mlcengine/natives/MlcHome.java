package org.mlcengine.natives;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The folder for everything that is downloaded or generated outside a project. */
public final class MlcHome {
  private MlcHome() {}

  /**
   * {@code MLC_HOME} if that environment variable is set. Otherwise {@code mlc-engine} in the
   * user's folder for caches: {@code $XDG_CACHE_HOME}, else {@code ~/.cache}; on macOS {@code
   * ~/Library/Caches}; on Windows {@code %LOCALAPPDATA%}. The build's scripts follow the same
   * rules. The folder need not exist.
   */
  public static Path folder() {
    return folder(
        System::getenv, System.getProperty("os.name", ""), System.getProperty("user.home", ""));
  }

  static Path folder(
      Function<String, @Nullable String> environment, String osName, String userHome) {
    Path explicit = path(environment.apply("MLC_HOME"));
    if (explicit != null) {
      return explicit.toAbsolutePath();
    }
    Path home = Path.of(userHome);
    String os = osName.toLowerCase(Locale.ROOT);
    Path caches;
    if (os.startsWith("windows")) {
      Path local = path(environment.apply("LOCALAPPDATA"));
      caches = local != null ? local : home.resolve("AppData").resolve("Local");
    } else if (os.startsWith("mac")) {
      caches = home.resolve("Library").resolve("Caches");
    } else {
      Path xdg = path(environment.apply("XDG_CACHE_HOME"));
      // The XDG specification has relative paths ignored.
      caches = xdg != null && xdg.isAbsolute() ? xdg : home.resolve(".cache");
    }
    return caches.resolve("mlc-engine");
  }

  private static @Nullable Path path(@Nullable String value) {
    return value == null || value.isEmpty() ? null : Path.of(value);
  }
}
