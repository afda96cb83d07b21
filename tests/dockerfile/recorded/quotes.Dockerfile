FROM alpine
RUN echo "a 'b' c" 'd "e"' \"f\"
COPY ["a", "d e", "/json/"]
COPY "a" '/quoted/'
WORKDIR "/with blanks"
RUN [ "echo", "exec" ]
RUN echo '[not' "json]"
