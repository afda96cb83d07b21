import { hello } from "../src/hello";
