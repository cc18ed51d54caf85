package org.mlcengine.natives;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the natives: the folder that the caller gives, the system property, the environment
 * variable, the classifier jar. A place that is given decides: if it does not hold what is needed,
 * that is a failure, never a reason to look further.
 */
final class NativesSearch {
  static final String PROPERTY = "mlc.natives.path";
  static final String VARIABLE = "MLC_NATIVES_PATH";
  static final String RESOURCES = "META-INF/mlc-natives/";

  private final Platform platform;
  private final Function<String, @Nullable String> properties;
  private final Function<String, @Nullable String> environment;
  private final ClassLoader loader;
  private final NativesCache cache;
  private final List<String> attempts = new ArrayList<>();

  /** Where a search led to. */
  record Found(Path folder, String origin, Manifest manifest) {}

  NativesSearch(
      Platform platform,
      Function<String, @Nullable String> properties,
      Function<String, @Nullable String> environment,
      ClassLoader loader,
      Path home) {
    this.platform = platform;
    this.properties = properties;
    this.environment = environment;
    this.loader = loader;
    cache = new NativesCache(home);
  }

  /**
   * The verified natives.
   *
   * @param option the folder that the caller wants, if any
   * @throws NativesLoadException if they are not found, or are not as they should be
   */
  Found find(@Nullable Path option) {
    if (!platform.isSupported()) {
      throw failure(
          "there are no natives for this platform, %s; natives exist for %s"
              .formatted(platform, String.join(", ", Platform.SUPPORTED)),
          null);
    }
    if (option != null) {
      return inFolder(option, "the given folder " + option);
    }
    attempts.add("the option for a folder (not given)");
    String property = properties.apply(PROPERTY);
    if (isGiven(property, "system property " + PROPERTY)) {
      return inFolder(property, "system property %s=%s".formatted(PROPERTY, property));
    }
    String variable = environment.apply(VARIABLE);
    if (isGiven(variable, "environment variable " + VARIABLE)) {
      return inFolder(variable, "environment variable %s=%s".formatted(VARIABLE, variable));
    }
    return inJar();
  }

  private boolean isGiven(@Nullable String value, String name) {
    boolean given = value != null && !value.isBlank();
    if (!given) {
      attempts.add(name + " (not set)");
    }
    return given;
  }

  private Found inFolder(@Nullable String folder, String origin) {
    try {
      return inFolder(Path.of(String.valueOf(folder)), origin);
    } catch (InvalidPathException e) {
      throw refusal(origin, "this is no path: " + e.getMessage(), e);
    }
  }

  /** Accepts a folder with the libraries, and one with such folders named by their platforms. */
  private Found inFolder(Path folder, String origin) {
    Path chosen =
        Files.exists(folder.resolve(Manifest.FILE))
            ? folder
            : folder.resolve(platform.classifier());
    try {
      Manifest manifest = Manifest.read(chosen);
      check(manifest, origin);
      String problem = Manifest.problemIn(chosen, manifest.libraries()).orElse(null);
      if (problem != null) {
        throw refusal(origin, problem, null);
      }
      return new Found(chosen.toAbsolutePath().normalize(), origin, manifest);
    } catch (NoSuchFileException e) {
      throw refusal(
          origin,
          "expected %s there or in its folder %s, found neither"
              .formatted(Manifest.FILE, platform.classifier()),
          e);
    } catch (IOException e) {
      throw refusal(origin, String.valueOf(e.getMessage()), e);
    }
  }

  private Found inJar() {
    String resource = RESOURCES + platform.classifier() + "/" + Manifest.FILE;
    URL url = loader.getResource(resource);
    if (url == null) {
      attempts.add("a natives jar on the class path or module path (none holds " + resource + ")");
      throw failure("no natives for " + platform + " were found" + remedy(), null);
    }
    String origin = "the jar resource " + url;
    try (InputStream text = url.openStream()) {
      Manifest manifest = Manifest.read(text);
      check(manifest, origin);
      URI folder = new URI(url.toString().substring(0, url.toString().lastIndexOf('/') + 1));
      return new Found(cache.extract(manifest, folder), origin, manifest);
    } catch (FileSystemException e) {
      throw refusal(origin, unwritable(e), e);
    } catch (IOException e) {
      throw refusal(origin, String.valueOf(e.getMessage()), e);
    } catch (URISyntaxException e) {
      throw refusal(origin, "the jar's address cannot be read: " + e.getMessage(), e);
    }
  }

  private String unwritable(FileSystemException e) {
    return "they cannot be extracted into %s (%s); make it writable, or name another cache folder"
            .formatted(cache.root(), e)
        + " with the environment variable MLC_HOME, or unpack the jar and name the folder with the"
        + " system property "
        + PROPERTY;
  }

  private void check(Manifest manifest, String origin) {
    if (!manifest.platform().equals(platform.classifier())) {
      throw refusal(
          origin,
          "its natives are for %s, this platform is %s".formatted(manifest.platform(), platform),
          null);
    }
    checkVersion("Apache TVM", Natives.TVM_VERSION, manifest.tvmVersion(), origin);
    checkVersion("Apache TVM FFI", Natives.TVM_FFI_VERSION, manifest.ffiVersion(), origin);
  }

  private void checkVersion(String part, String expected, String found, String origin) {
    if (!expected.equals(found)) {
      throw refusal(
          origin,
          "it holds %s %s, this release needs %s: use the natives of the same release"
              .formatted(part, found, expected),
          null);
    }
  }

  private NativesLoadException refusal(String origin, String reason, @Nullable Throwable cause) {
    attempts.add(origin + ": " + reason);
    return failure("the natives of " + origin + " cannot be used", cause);
  }

  private NativesLoadException failure(String message, @Nullable Throwable cause) {
    return new NativesLoadException(message, attempts, cause);
  }

  private String remedy() {
    return """
        ; add this dependency, with the version of mlc-native:
            <dependency>
              <groupId>org.mlcengine</groupId>
              <artifactId>mlc-native</artifactId>
              <classifier>%s</classifier>
              <scope>runtime</scope>
            </dependency>
          On the module path, add --add-modules org.mlcengine.natives.%s as well."""
        .formatted(platform, platform.classifier().replace('-', '.'));
  }
}
