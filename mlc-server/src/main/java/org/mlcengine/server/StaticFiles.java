package org.mlcengine.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/** The chat page and the description of the API, which are files of this module. */
final class StaticFiles {
  /** Nothing from elsewhere is loaded or run, and no other page can frame this one. */
  private static final Map<String, String> PAGE_HEADERS =
      Map.of(
          "content-security-policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
              + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          "x-content-type-options",
          "nosniff",
          "referrer-policy",
          "no-referrer",
          "cache-control",
          "no-cache");

  private StaticFiles() {}

  static void addTo(Routes routes) {
    routes.add("GET", "/openapi.json", file("openapi.json", "application/json"));
    routes.add("GET", "/", file("page/chat.html", "text/html; charset=utf-8"));
    routes.add("GET", "/page/chat.js", file("page/chat.js", "text/javascript; charset=utf-8"));
    routes.add(
        "GET", "/page/markdown.js", file("page/markdown.js", "text/javascript; charset=utf-8"));
    routes.add("GET", "/page/chat.css", file("page/chat.css", "text/css; charset=utf-8"));
  }

  private static Route file(String name, String type) {
    byte[] content = read(name);
    return call -> {
      call.setHeaders(PAGE_HEADERS);
      call.send(200, type, content);
    };
  }

  private static byte[] read(String name) {
    try (InputStream file = StaticFiles.class.getResourceAsStream(name)) {
      if (file == null) {
        throw new IllegalStateException("The file " + name + " is missing in this module");
      }
      return file.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
