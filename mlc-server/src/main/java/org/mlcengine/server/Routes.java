package org.mlcengine.server;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What answers which path. A path that ends with a slash and a star stands for all below it. */
final class Routes {
  private final Map<String, Map<String, Route>> routes = new LinkedHashMap<>();

  /**
   * A route, and what requests to it are counted under.
   *
   * @param path as it was added
   */
  record Match(String path, Route route) {}

  void add(String method, String path, Route route) {
    routes.computeIfAbsent(path, p -> new LinkedHashMap<>()).put(method, route);
  }

  /** Returns the methods of a path; none if the path is not known. */
  Set<String> methods(String path) {
    Map<String, Route> found = routes.get(pattern(path));
    if (found == null) {
      return Set.of();
    }
    Set<String> methods = new TreeSet<>(found.keySet());
    if (methods.contains("GET")) {
      methods.add("HEAD");
    }
    methods.add("OPTIONS");
    return methods;
  }

  /**
   * Finds a route; one for GET is also for HEAD.
   *
   * @throws ApiException if there is none
   */
  Match find(String method, String path) {
    String pattern = pattern(path);
    Map<String, Route> found = routes.get(pattern);
    if (found == null) {
      throw new ApiException(
          ApiError.transport(
              404,
              "unknown_url",
              "There is nothing at " + Text.shown(path) + "; see /openapi.json."));
    }
    Route route = found.get(method.equals("HEAD") ? "GET" : method);
    if (route == null) {
      String allowed = String.join(", ", methods(path));
      throw new ApiException(
          ApiError.transport(
                  405,
                  "method_not_allowed",
                  "Expected a request by %s, found %s.".formatted(allowed, Text.shown(method)))
              .with("Allow", allowed));
    }
    return new Match(pattern, route);
  }

  private String pattern(String path) {
    int slash = path.lastIndexOf('/');
    String below = path.substring(0, slash + 1) + "*";
    return routes.containsKey(path) || slash == path.length() - 1 || !routes.containsKey(below)
        ? path
        : below;
  }
}
