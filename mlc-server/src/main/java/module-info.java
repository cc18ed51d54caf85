/** An HTTP server that speaks OpenAI's API over engines in the same process. */
module org.mlcengine.server {
  requires static org.jspecify;
  requires com.fasterxml.jackson.databind;
  requires io.helidon.http;
  requires io.helidon.webserver;
  requires transitive org.mlcengine.core;

  exports org.mlcengine.server;
}
