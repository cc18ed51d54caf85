package org.mlcengine.server;

import java.util.LinkedHashMap;
import java.util.Map;

/** Servers of scripted models. */
final class TestServers {
  private TestServers() {}

  static MlcServer.Builder builder() {
    return MlcServer.builder().port(0);
  }

  static MlcServer start(ModelService model) {
    return start(builder(), model);
  }

  static MlcServer start(MlcServer.Builder builder, ModelService model) {
    return builder.start(Map.of("scripted", model));
  }

  static MlcServer start(ModelService first, ModelService second) {
    Map<String, ModelService> models = new LinkedHashMap<>();
    models.put("first", first);
    models.put("second", second);
    return builder().start(models);
  }
}
